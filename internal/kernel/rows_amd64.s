#include "textflag.h"

// The first so many of four lanes: from (4-n)*8 on for n of them.
DATA lanes<>+0(SB)/8, $-1
DATA lanes<>+8(SB)/8, $-1
DATA lanes<>+16(SB)/8, $-1
DATA lanes<>+24(SB)/8, $-1
DATA lanes<>+32(SB)/8, $0
DATA lanes<>+40(SB)/8, $0
DATA lanes<>+48(SB)/8, $0
DATA lanes<>+56(SB)/8, $0
GLOBL lanes<>(SB), RODATA, $64

// The columns: CX bytes of whole vectors, and BX columns more, whose lanes are Y15.
#define COLUMNS \
	MOVQ CX, BX              \
	ANDQ $3, BX              \
	SHRQ $2, CX              \
	SHLQ $5, CX              \
	MOVQ $4, AX              \
	SUBQ BX, AX              \
	LEAQ lanes<>(SB), DX     \
	VMOVUPD (DX)(AX*8), Y15

// Four rows, from SI on, are at R9, R10, R11 and R12.
#define ROWS \
	MOVQ SI, R9              \
	LEAQ (SI)(R8*1), R10     \
	LEAQ (SI)(R8*2), R11     \
	LEAQ (R10)(R8*2), R12    \
	LEAQ (SI)(R8*4), SI

// func dotsFours(fours, cols int, x *float64, stride int, coef *float64, offset float64, dst *float64)
TEXT ·dotsFours(SB), NOSPLIT, $0-56
	MOVQ cols+8(FP), CX
	COLUMNS
	MOVQ x+16(FP), SI
	MOVQ stride+24(FP), R8
	SHLQ $3, R8
	MOVQ coef+32(FP), DI
	VBROADCASTSD offset+40(FP), Y14
	MOVQ dst+48(FP), R13
	MOVQ fours+0(FP), AX

rows:
	ROWS
	VXORPD Y0, Y0, Y0
	VXORPD Y1, Y1, Y1
	VXORPD Y2, Y2, Y2
	VXORPD Y3, Y3, Y3
	XORQ DX, DX
	CMPQ DX, CX
	JGE rest

column:
	VMOVUPD (DI)(DX*1), Y8
	VMULPD (R9)(DX*1), Y8, Y4
	VMULPD (R10)(DX*1), Y8, Y5
	VMULPD (R11)(DX*1), Y8, Y6
	VMULPD (R12)(DX*1), Y8, Y7
	VADDPD Y4, Y0, Y0
	VADDPD Y5, Y1, Y1
	VADDPD Y6, Y2, Y2
	VADDPD Y7, Y3, Y3
	ADDQ $32, DX
	CMPQ DX, CX
	JLT column

rest:
	TESTQ BX, BX
	JZ sum
	VMASKMOVPD (DI)(DX*1), Y15, Y8
	VMASKMOVPD (R9)(DX*1), Y15, Y4
	VMASKMOVPD (R10)(DX*1), Y15, Y5
	VMASKMOVPD (R11)(DX*1), Y15, Y6
	VMASKMOVPD (R12)(DX*1), Y15, Y7
	VMULPD Y4, Y8, Y4
	VMULPD Y5, Y8, Y5
	VMULPD Y6, Y8, Y6
	VMULPD Y7, Y8, Y7
	VADDPD Y4, Y0, Y0
	VADDPD Y5, Y1, Y1
	VADDPD Y6, Y2, Y2
	VADDPD Y7, Y3, Y3

sum:
	VHADDPD Y1, Y0, Y4          // a0+a1 b0+b1 a2+a3 b2+b3
	VHADDPD Y3, Y2, Y5          // c0+c1 d0+d1 c2+c3 d2+d3
	VPERM2F128 $0x20, Y5, Y4, Y6
	VPERM2F128 $0x31, Y5, Y4, Y7
	VADDPD Y7, Y6, Y6
	VADDPD Y14, Y6, Y6
	VMOVUPD Y6, (R13)
	ADDQ $32, R13
	DECQ AX
	JNZ rows
	VZEROUPPER
	RET

// func addFours(fours, cols int, x *float64, stride int, factors, into *float64)
TEXT ·addFours(SB), NOSPLIT, $0-48
	MOVQ cols+8(FP), CX
	COLUMNS
	MOVQ x+16(FP), SI
	MOVQ stride+24(FP), R8
	SHLQ $3, R8
	MOVQ factors+32(FP), R13
	MOVQ into+40(FP), DI
	MOVQ fours+0(FP), AX
	VMASKMOVPD (DI)(CX*1), Y15, Y14 // the columns that are no whole vector

rows:
	ROWS
	VBROADCASTSD (R13), Y8
	VBROADCASTSD 8(R13), Y9
	VBROADCASTSD 16(R13), Y10
	VBROADCASTSD 24(R13), Y11
	ADDQ $32, R13
	XORQ DX, DX
	CMPQ DX, CX
	JGE rest

column:
	VMULPD (R9)(DX*1), Y8, Y4
	VMULPD (R10)(DX*1), Y9, Y5
	VMULPD (R11)(DX*1), Y10, Y6
	VMULPD (R12)(DX*1), Y11, Y7
	VADDPD (DI)(DX*1), Y4, Y4
	VADDPD Y5, Y4, Y4
	VADDPD Y6, Y4, Y4
	VADDPD Y7, Y4, Y4
	VMOVUPD Y4, (DI)(DX*1)
	ADDQ $32, DX
	CMPQ DX, CX
	JLT column

rest:
	TESTQ BX, BX
	JZ next
	VMASKMOVPD (R9)(DX*1), Y15, Y4
	VMASKMOVPD (R10)(DX*1), Y15, Y5
	VMASKMOVPD (R11)(DX*1), Y15, Y6
	VMASKMOVPD (R12)(DX*1), Y15, Y7
	VMULPD Y4, Y8, Y4
	VMULPD Y5, Y9, Y5
	VMULPD Y6, Y10, Y6
	VMULPD Y7, Y11, Y7
	VADDPD Y4, Y14, Y14
	VADDPD Y5, Y14, Y14
	VADDPD Y6, Y14, Y14
	VADDPD Y7, Y14, Y14

next:
	DECQ AX
	JNZ rows
	TESTQ BX, BX
	JZ done
	VMASKMOVPD Y14, Y15, (DI)(CX*1)

done:
	VZEROUPPER
	RET

// func boundsFours(fours, vectors int, x *float64, stride int, low, high *float64)
TEXT ·boundsFours(SB), NOSPLIT, $0-48
	MOVQ fours+0(FP), AX
	MOVQ vectors+8(FP), CX
	SHLQ $5, CX
	MOVQ x+16(FP), SI
	MOVQ stride+24(FP), R8
	SHLQ $3, R8
	MOVQ low+32(FP), DI
	MOVQ high+40(FP), R13

rows:
	ROWS
	XORQ DX, DX

column:
	VMOVUPD (R9)(DX*1), Y0
	VMOVUPD (R10)(DX*1), Y1
	VMOVUPD (R11)(DX*1), Y2
	VMOVUPD (R12)(DX*1), Y3
	VMINPD Y1, Y0, Y4
	VMINPD Y3, Y2, Y5
	VMINPD Y5, Y4, Y4
	VMINPD (DI)(DX*1), Y4, Y4
	VMAXPD Y1, Y0, Y6
	VMAXPD Y3, Y2, Y7
	VMAXPD Y7, Y6, Y6
	VMAXPD (R13)(DX*1), Y6, Y6
	VMOVUPD Y4, (DI)(DX*1)
	VMOVUPD Y6, (R13)(DX*1)
	ADDQ $32, DX
	CMPQ DX, CX
	JLT column
	DECQ AX
	JNZ rows
	VZEROUPPER
	RET

// A row's values become squares: those at R, in Y. Y8 and Y9 are shift and scale.
#define SQUARED(R, Y) \
	VMOVUPD (R)(DX*1), Y \
	VSUBPD Y8, Y, Y      \
	VMULPD Y9, Y, Y      \
	VMULPD Y, Y, Y

// func squaresFours(fours, vectors int, x *float64, stride int, shift, scale, into *float64)
TEXT ·squaresFours(SB), NOSPLIT, $0-56
	MOVQ fours+0(FP), AX
	MOVQ vectors+8(FP), CX
	SHLQ $5, CX
	MOVQ x+16(FP), SI
	MOVQ stride+24(FP), R8
	SHLQ $3, R8
	MOVQ shift+32(FP), BX
	MOVQ scale+40(FP), R13
	MOVQ into+48(FP), DI

rows:
	ROWS
	XORQ DX, DX

column:
	VMOVUPD (BX)(DX*1), Y8
	VMOVUPD (R13)(DX*1), Y9
	SQUARED(R9, Y0)
	SQUARED(R10, Y1)
	SQUARED(R11, Y2)
	SQUARED(R12, Y3)
	VADDPD (DI)(DX*1), Y0, Y0
	VADDPD Y1, Y0, Y0
	VADDPD Y2, Y0, Y0
	VADDPD Y3, Y0, Y0
	VMOVUPD Y0, (DI)(DX*1)
	ADDQ $32, DX
	CMPQ DX, CX
	JLT column
	DECQ AX
	JNZ rows
	VZEROUPPER
	RET

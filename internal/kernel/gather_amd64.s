#include "textflag.h"

// How many rows ahead memory is asked for.
#define AHEAD 16

// BX becomes where the row that AX names begins, in the matrix at SI with rows of R9 values, and R10 the first of its values.
#define BEGIN \
	IMULQ R9, AX          \
	LEAQ (SI)(AX*8), BX   \
	XORQ R10, R10

// func gatherRows(n int, rows *uint32, width int, src, dst *uint64)
TEXT ·gatherRows(SB), NOSPLIT, $0-40
	MOVQ n+0(FP), CX
	MOVQ rows+8(FP), R8
	MOVQ width+16(FP), R9
	MOVQ src+24(FP), SI
	MOVQ dst+32(FP), DI
	CMPQ CX, $AHEAD
	JLE last
	SUBQ $AHEAD, CX

row:
	MOVL (4*AHEAD)(R8), AX
	IMULQ R9, AX
	LEAQ (SI)(AX*8), BX
	PREFETCHT0 (BX)
	PREFETCHT0 -8(BX)(R9*8)
	MOVL (R8), AX
	BEGIN

value:
	MOVQ (BX)(R10*8), DX
	MOVQ DX, (DI)(R10*8)
	INCQ R10
	CMPQ R10, R9
	JLT value
	LEAQ (DI)(R9*8), DI
	ADDQ $4, R8
	DECQ CX
	JNZ row
	MOVQ $AHEAD, CX

last:
	MOVL (R8), AX
	BEGIN

lastValue:
	MOVQ (BX)(R10*8), DX
	MOVQ DX, (DI)(R10*8)
	INCQ R10
	CMPQ R10, R9
	JLT lastValue
	LEAQ (DI)(R9*8), DI
	ADDQ $4, R8
	DECQ CX
	JNZ last
	RET

#include "textflag.h"

// One step of the sum: a row of b (3 vectors of 4), B bytes on, times each of 4
// values of a, which are at P, Q, R and S.
#define STEP(P, Q, R, S, B) \
	VMOVUPD      (0+B)(DI), Y0   \
	VMOVUPD      (32+B)(DI), Y1  \
	VMOVUPD      (64+B)(DI), Y2  \
	VBROADCASTSD P, Y3           \
	VFMADD231PD  Y0, Y3, Y4      \
	VFMADD231PD  Y1, Y3, Y5      \
	VFMADD231PD  Y2, Y3, Y6      \
	VBROADCASTSD Q, Y3           \
	VFMADD231PD  Y0, Y3, Y7      \
	VFMADD231PD  Y1, Y3, Y8      \
	VFMADD231PD  Y2, Y3, Y9      \
	VBROADCASTSD R, Y3           \
	VFMADD231PD  Y0, Y3, Y10     \
	VFMADD231PD  Y1, Y3, Y11     \
	VFMADD231PD  Y2, Y3, Y12     \
	VBROADCASTSD S, Y3           \
	VFMADD231PD  Y0, Y3, Y13     \
	VFMADD231PD  Y1, Y3, Y14     \
	VFMADD231PD  Y2, Y3, Y15

// The tile begins at nothing. Its place is fetched meanwhile: it is written in
// the end.
#define BEGIN \
	VXORPD Y4, Y4, Y4    \
	VXORPD Y5, Y5, Y5    \
	VXORPD Y6, Y6, Y6    \
	VXORPD Y7, Y7, Y7    \
	VXORPD Y8, Y8, Y8    \
	VXORPD Y9, Y9, Y9    \
	VXORPD Y10, Y10, Y10 \
	VXORPD Y11, Y11, Y11 \
	VXORPD Y12, Y12, Y12 \
	VXORPD Y13, Y13, Y13 \
	VXORPD Y14, Y14, Y14 \
	VXORPD Y15, Y15, Y15 \
	LEAQ   (DX)(R8*2), BX   \
	PREFETCHT0 (DX)         \
	PREFETCHT0 88(DX)       \
	PREFETCHT0 (DX)(R8*1)   \
	PREFETCHT0 88(DX)(R8*1) \
	PREFETCHT0 (BX)         \
	PREFETCHT0 88(BX)       \
	PREFETCHT0 (BX)(R8*1)   \
	PREFETCHT0 88(BX)(R8*1)

// One row of the tile: added to what is there, or stored.
#define ADD(P, Q, R) \
	VADDPD (DX), P, P   \
	VADDPD 32(DX), Q, Q \
	VADDPD 64(DX), R, R \
	STORE(P, Q, R)

#define STORE(P, Q, R) \
	VMOVUPD P, (DX)   \
	VMOVUPD Q, 32(DX) \
	VMOVUPD R, 64(DX) \
	ADDQ    R8, DX

#define END \
	JEQ   store         \
	ADD(Y4, Y5, Y6)     \
	ADD(Y7, Y8, Y9)     \
	ADD(Y10, Y11, Y12)  \
	ADD(Y13, Y14, Y15)  \
	VZEROUPPER          \
	RET                 \
store:                  \
	STORE(Y4, Y5, Y6)    \
	STORE(Y7, Y8, Y9)    \
	STORE(Y10, Y11, Y12) \
	STORE(Y13, Y14, Y15) \
	VZEROUPPER           \
	RET

// func tile4x12(k int, a, b, c *float64, ldc int, add bool)
TEXT ·tile4x12(SB), NOSPLIT, $0-41
	MOVQ k+0(FP), CX
	MOVQ a+8(FP), SI
	MOVQ b+16(FP), DI
	MOVQ c+24(FP), DX
	MOVQ ldc+32(FP), R8
	SHLQ $3, R8
	BEGIN
	SUBQ $2, CX
	JLT  odd

pair:
	STEP((SI), 8(SI), 16(SI), 24(SI), 0)
	STEP(32(SI), 40(SI), 48(SI), 56(SI), 96)
	ADDQ $64, SI
	ADDQ $192, DI
	SUBQ $2, CX
	JGE  pair

odd:
	ADDQ $2, CX
	JEQ  done
	STEP((SI), 8(SI), 16(SI), 24(SI), 0)

done:
	CMPB add+40(FP), $0
	END

// func rows4x12(k int, a *float64, lda int, b, c *float64, ldc int, add bool)
TEXT ·rows4x12(SB), NOSPLIT, $0-49
	MOVQ k+0(FP), CX
	MOVQ a+8(FP), SI
	MOVQ lda+16(FP), R9
	MOVQ b+24(FP), DI
	MOVQ c+32(FP), DX
	MOVQ ldc+40(FP), R8
	SHLQ $3, R8
	SHLQ $3, R9
	LEAQ (R9)(R9*2), R10 // three rows on
	BEGIN
	SUBQ $2, CX
	JLT  odd

pair:
	STEP((SI), (SI)(R9*1), (SI)(R9*2), (SI)(R10*1), 0)
	STEP(8(SI), 8(SI)(R9*1), 8(SI)(R9*2), 8(SI)(R10*1), 96)
	ADDQ $16, SI
	ADDQ $192, DI
	SUBQ $2, CX
	JGE  pair

odd:
	ADDQ $2, CX
	JEQ  done
	STEP((SI), (SI)(R9*1), (SI)(R9*2), (SI)(R10*1), 0)

done:
	CMPB add+48(FP), $0
	END

// func lay12(k int, from *float64, stride int, to *float64)
TEXT ·lay12(SB), NOSPLIT, $0-32
	MOVQ k+0(FP), CX
	MOVQ from+8(FP), SI
	MOVQ stride+16(FP), R8
	MOVQ to+24(FP), DI
	SHLQ $3, R8

group12:
	VMOVUPD (SI), Y0
	VMOVUPD 32(SI), Y1
	VMOVUPD 64(SI), Y2
	VMOVUPD Y0, (DI)
	VMOVUPD Y1, 32(DI)
	VMOVUPD Y2, 64(DI)
	ADDQ    R8, SI
	ADDQ    $96, DI
	DECQ    CX
	JNZ     group12
	VZEROUPPER
	RET

// func lay4(k int, from *float64, stride int, to *float64)
TEXT ·lay4(SB), NOSPLIT, $0-32
	MOVQ k+0(FP), CX
	MOVQ from+8(FP), SI
	MOVQ stride+16(FP), R8
	MOVQ to+24(FP), DI
	SHLQ $3, R8

group4:
	VMOVUPD (SI), Y0
	VMOVUPD Y0, (DI)
	ADDQ    R8, SI
	ADDQ    $32, DI
	DECQ    CX
	JNZ     group4
	VZEROUPPER
	RET

// func weave4x4(blocks, width int, from *float64, stride int, to *float64)
TEXT ·weave4x4(SB), NOSPLIT, $0-40
	MOVQ blocks+0(FP), CX
	MOVQ width+8(FP), R10
	MOVQ from+16(FP), SI
	MOVQ stride+24(FP), R8
	MOVQ to+32(FP), DI
	SHLQ $3, R8
	SHLQ $3, R10
	LEAQ (R8)(R8*2), R9    // three rows on
	LEAQ (R10)(R10*2), R11 // three groups on

block:
	VMOVUPD (SI), Y0        // a0 a1 a2 a3
	VMOVUPD (SI)(R8*1), Y1  // b0 b1 b2 b3
	VMOVUPD (SI)(R8*2), Y2  // c0 c1 c2 c3
	VMOVUPD (SI)(R9*1), Y3  // d0 d1 d2 d3
	VUNPCKLPD  Y1, Y0, Y4   // a0 b0 a2 b2
	VUNPCKHPD  Y1, Y0, Y5   // a1 b1 a3 b3
	VUNPCKLPD  Y3, Y2, Y6   // c0 d0 c2 d2
	VUNPCKHPD  Y3, Y2, Y7   // c1 d1 c3 d3
	VPERM2F128 $0x20, Y6, Y4, Y0
	VPERM2F128 $0x20, Y7, Y5, Y1
	VPERM2F128 $0x31, Y6, Y4, Y2
	VPERM2F128 $0x31, Y7, Y5, Y3
	VMOVUPD Y0, (DI)        // a0 b0 c0 d0
	VMOVUPD Y1, (DI)(R10*1)
	VMOVUPD Y2, (DI)(R10*2)
	VMOVUPD Y3, (DI)(R11*1)
	ADDQ    $32, SI
	LEAQ    (DI)(R10*4), DI
	DECQ    CX
	JNZ     block
	VZEROUPPER
	RET

#include "textflag.h"

// One step of the sum: a row of b (3 vectors of 4) times each of 4 values of a.
#define STEP(A, B) \
	VMOVUPD      (0+B)(DI), Y0   \
	VMOVUPD      (32+B)(DI), Y1  \
	VMOVUPD      (64+B)(DI), Y2  \
	VBROADCASTSD (0+A)(SI), Y3   \
	VFMADD231PD  Y0, Y3, Y4      \
	VFMADD231PD  Y1, Y3, Y5      \
	VFMADD231PD  Y2, Y3, Y6      \
	VBROADCASTSD (8+A)(SI), Y3   \
	VFMADD231PD  Y0, Y3, Y7      \
	VFMADD231PD  Y1, Y3, Y8      \
	VFMADD231PD  Y2, Y3, Y9      \
	VBROADCASTSD (16+A)(SI), Y3  \
	VFMADD231PD  Y0, Y3, Y10     \
	VFMADD231PD  Y1, Y3, Y11     \
	VFMADD231PD  Y2, Y3, Y12     \
	VBROADCASTSD (24+A)(SI), Y3  \
	VFMADD231PD  Y0, Y3, Y13     \
	VFMADD231PD  Y1, Y3, Y14     \
	VFMADD231PD  Y2, Y3, Y15

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

// func tile4x12(k int, a, b, c *float64, ldc int, add bool)
TEXT ·tile4x12(SB), NOSPLIT, $0-41
	MOVQ k+0(FP), CX
	MOVQ a+8(FP), SI
	MOVQ b+16(FP), DI
	MOVQ c+24(FP), DX
	MOVQ ldc+32(FP), R8
	SHLQ $3, R8
	VXORPD Y4, Y4, Y4
	VXORPD Y5, Y5, Y5
	VXORPD Y6, Y6, Y6
	VXORPD Y7, Y7, Y7
	VXORPD Y8, Y8, Y8
	VXORPD Y9, Y9, Y9
	VXORPD Y10, Y10, Y10
	VXORPD Y11, Y11, Y11
	VXORPD Y12, Y12, Y12
	VXORPD Y13, Y13, Y13
	VXORPD Y14, Y14, Y14
	VXORPD Y15, Y15, Y15
	SUBQ $2, CX
	JLT  odd

pair:
	STEP(0, 0)
	STEP(32, 96)
	ADDQ $64, SI
	ADDQ $192, DI
	SUBQ $2, CX
	JGE  pair

odd:
	ADDQ $2, CX
	JEQ  done
	STEP(0, 0)

done:
	CMPB add+40(FP), $0
	JEQ  store
	ADD(Y4, Y5, Y6)
	ADD(Y7, Y8, Y9)
	ADD(Y10, Y11, Y12)
	ADD(Y13, Y14, Y15)
	VZEROUPPER
	RET

store:
	STORE(Y4, Y5, Y6)
	STORE(Y7, Y8, Y9)
	STORE(Y10, Y11, Y12)
	STORE(Y13, Y14, Y15)
	VZEROUPPER
	RET

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

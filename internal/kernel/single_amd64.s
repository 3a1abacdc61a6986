#include "textflag.h"

// One step of the sum: a row of b (2 vectors of 8), B bytes on, times each of 4
// values of a, A bytes on.
#define STEP(A, B) \
	VMOVUPS      (0+B)(DI), Y0  \
	VMOVUPS      (32+B)(DI), Y1 \
	VBROADCASTSS (0+A)(SI), Y2  \
	VBROADCASTSS (4+A)(SI), Y3  \
	VFMADD231PS  Y0, Y2, Y8     \
	VFMADD231PS  Y1, Y2, Y9     \
	VFMADD231PS  Y0, Y3, Y10    \
	VFMADD231PS  Y1, Y3, Y11    \
	VBROADCASTSS (8+A)(SI), Y2  \
	VBROADCASTSS (12+A)(SI), Y3 \
	VFMADD231PS  Y0, Y2, Y12    \
	VFMADD231PS  Y1, Y2, Y13    \
	VFMADD231PS  Y0, Y3, Y14    \
	VFMADD231PS  Y1, Y3, Y15

// Two vectors of 8, P and Q, as four of 4 in double precision.
#define WIDEN(P, Q, XP, XQ) \
	VEXTRACTF128 $1, P, X1 \
	VEXTRACTF128 $1, Q, X3 \
	VCVTPS2PD    XP, Y0    \
	VCVTPS2PD    X1, Y1    \
	VCVTPS2PD    XQ, Y2    \
	VCVTPS2PD    X3, Y3

// One row of the tile: added to what is there, or stored.
#define ADD \
	VADDPD (DX), Y0, Y0   \
	VADDPD 32(DX), Y1, Y1 \
	VADDPD 64(DX), Y2, Y2 \
	VADDPD 96(DX), Y3, Y3 \
	STORE

#define STORE \
	VMOVUPD Y0, (DX)   \
	VMOVUPD Y1, 32(DX) \
	VMOVUPD Y2, 64(DX) \
	VMOVUPD Y3, 96(DX) \
	ADDQ    R8, DX

// func tile4x16(k int, a, b *float32, c *float64, ldc int, add bool)
TEXT ·tile4x16(SB), NOSPLIT, $0-41
	MOVQ k+0(FP), CX
	MOVQ a+8(FP), SI
	MOVQ b+16(FP), DI
	MOVQ c+24(FP), DX
	MOVQ ldc+32(FP), R8
	SHLQ $3, R8
	VXORPS Y8, Y8, Y8
	VXORPS Y9, Y9, Y9
	VXORPS Y10, Y10, Y10
	VXORPS Y11, Y11, Y11
	VXORPS Y12, Y12, Y12
	VXORPS Y13, Y13, Y13
	VXORPS Y14, Y14, Y14
	VXORPS Y15, Y15, Y15

	// The tile's place is fetched meanwhile: it is written in the end.
	LEAQ       (DX)(R8*2), BX
	PREFETCHT0 (DX)
	PREFETCHT0 64(DX)
	PREFETCHT0 (DX)(R8*1)
	PREFETCHT0 64(DX)(R8*1)
	PREFETCHT0 (BX)
	PREFETCHT0 64(BX)
	PREFETCHT0 (BX)(R8*1)
	PREFETCHT0 64(BX)(R8*1)
	SUBQ       $4, CX
	JLT        rest

four:
	STEP(0, 0)
	STEP(16, 64)
	STEP(32, 128)
	STEP(48, 192)
	ADDQ $64, SI
	ADDQ $256, DI
	SUBQ $4, CX
	JGE  four

rest:
	ADDQ $4, CX
	JEQ  done

one:
	STEP(0, 0)
	ADDQ $16, SI
	ADDQ $64, DI
	DECQ CX
	JNZ  one

done:
	CMPB add+40(FP), $0
	JEQ  store
	WIDEN(Y8, Y9, X8, X9)
	ADD
	WIDEN(Y10, Y11, X10, X11)
	ADD
	WIDEN(Y12, Y13, X12, X13)
	ADD
	WIDEN(Y14, Y15, X14, X15)
	ADD
	VZEROUPPER
	RET

store:
	WIDEN(Y8, Y9, X8, X9)
	STORE
	WIDEN(Y10, Y11, X10, X11)
	STORE
	WIDEN(Y12, Y13, X12, X13)
	STORE
	WIDEN(Y14, Y15, X14, X15)
	STORE
	VZEROUPPER
	RET

// func laySingle16(k int, from *float64, stride int, to *float32)
TEXT ·laySingle16(SB), NOSPLIT, $0-32
	MOVQ k+0(FP), CX
	MOVQ from+8(FP), SI
	MOVQ stride+16(FP), R8
	MOVQ to+24(FP), DI
	SHLQ $3, R8

group16:
	VCVTPD2PSY (SI), X0
	VCVTPD2PSY 32(SI), X1
	VCVTPD2PSY 64(SI), X2
	VCVTPD2PSY 96(SI), X3
	VMOVUPS X0, (DI)
	VMOVUPS X1, 16(DI)
	VMOVUPS X2, 32(DI)
	VMOVUPS X3, 48(DI)
	ADDQ    R8, SI
	ADDQ    $64, DI
	DECQ    CX
	JNZ     group16
	VZEROUPPER
	RET

// func laySingle4(k int, from *float64, stride int, to *float32)
TEXT ·laySingle4(SB), NOSPLIT, $0-32
	MOVQ k+0(FP), CX
	MOVQ from+8(FP), SI
	MOVQ stride+16(FP), R8
	MOVQ to+24(FP), DI
	SHLQ $3, R8

group4:
	VCVTPD2PSY (SI), X0
	VMOVUPS X0, (DI)
	ADDQ    R8, SI
	ADDQ    $16, DI
	DECQ    CX
	JNZ     group4
	VZEROUPPER
	RET

// func weaveSingle4x4(blocks, width int, from *float64, stride int, to *float32)
TEXT ·weaveSingle4x4(SB), NOSPLIT, $0-40
	MOVQ blocks+0(FP), CX
	MOVQ width+8(FP), R10
	MOVQ from+16(FP), SI
	MOVQ stride+24(FP), R8
	MOVQ to+32(FP), DI
	SHLQ $3, R8
	SHLQ $2, R10
	LEAQ (R8)(R8*2), R9    // three rows on
	LEAQ (R10)(R10*2), R11 // three groups on

block:
	VCVTPD2PSY (SI), X0        // a0 a1 a2 a3
	VCVTPD2PSY (SI)(R8*1), X1  // b0 b1 b2 b3
	VCVTPD2PSY (SI)(R8*2), X2  // c0 c1 c2 c3
	VCVTPD2PSY (SI)(R9*1), X3  // d0 d1 d2 d3
	VUNPCKLPS  X1, X0, X4      // a0 b0 a1 b1
	VUNPCKHPS  X1, X0, X5      // a2 b2 a3 b3
	VUNPCKLPS  X3, X2, X6      // c0 d0 c1 d1
	VUNPCKHPS  X3, X2, X7      // c2 d2 c3 d3
	VUNPCKLPD  X6, X4, X0
	VUNPCKHPD  X6, X4, X1
	VUNPCKLPD  X7, X5, X2
	VUNPCKHPD  X7, X5, X3
	VMOVUPS X0, (DI)           // a0 b0 c0 d0
	VMOVUPS X1, (DI)(R10*1)
	VMOVUPS X2, (DI)(R10*2)
	VMOVUPS X3, (DI)(R11*1)
	ADDQ    $32, SI
	LEAQ    (DI)(R10*4), DI
	DECQ    CX
	JNZ     block
	VZEROUPPER
	RET

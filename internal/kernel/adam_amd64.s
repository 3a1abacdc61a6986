#include "textflag.h"

// func adamStep(blocks int, by *[8]float64, p, grad, m, v *float64)
TEXT ·adamStep(SB), NOSPLIT, $0-48
	MOVQ blocks+0(FP), CX
	MOVQ by+8(FP), AX
	MOVQ p+16(FP), DI
	MOVQ grad+24(FP), SI
	MOVQ m+32(FP), R8
	MOVQ v+40(FP), R9
	VBROADCASTSD 0(AX), Y8   // beta1
	VBROADCASTSD 8(AX), Y9   // 1 - beta1
	VBROADCASTSD 16(AX), Y10 // beta2
	VBROADCASTSD 24(AX), Y11 // 1 - beta2
	VBROADCASTSD 32(AX), Y12 // shrink
	VBROADCASTSD 40(AX), Y13 // rate
	VBROADCASTSD 48(AX), Y14 // unbias
	VBROADCASTSD 56(AX), Y15 // epsilon
	XORQ BX, BX

block:
	VMOVUPD (SI)(BX*1), Y0      // g
	VMULPD  (R9)(BX*1), Y10, Y3
	VMULPD  Y0, Y11, Y4
	VMULPD  Y0, Y4, Y4
	VADDPD  Y4, Y3, Y3          // v
	VMOVUPD Y3, (R9)(BX*1)
	VSQRTPD Y3, Y3
	VMULPD  (R8)(BX*1), Y8, Y1
	VMULPD  Y0, Y9, Y2
	VADDPD  Y2, Y1, Y1          // m
	VMOVUPD Y1, (R8)(BX*1)
	VMULPD  Y1, Y13, Y1         // rate m
	VMULPD  Y14, Y3, Y3
	VADDPD  Y15, Y3, Y3         // sqrt(v) unbias + epsilon
	VDIVPD  Y3, Y1, Y1
	VMOVUPD (DI)(BX*1), Y5      // p
	VMULPD  Y5, Y12, Y6
	VSUBPD  Y6, Y5, Y5
	VSUBPD  Y1, Y5, Y5
	VMOVUPD Y5, (DI)(BX*1)
	ADDQ    $32, BX
	DECQ    CX
	JNZ     block
	VZEROUPPER
	RET

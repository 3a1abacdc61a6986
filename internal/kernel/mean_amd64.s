#include "textflag.h"

// Four values at A: their part of the gradient, and of the sum S.
#define FOUR(A, S) \
	VMOVUPD A(SI), Y0     \
	VMULPD  Y0, Y8, Y1    \
	VADDPD  A(DI), Y1, Y1 \
	VMULPD  Y9, Y1, Y1    \
	VMOVUPD Y1, A(DI)     \
	VMULPD  Y0, Y0, Y0    \
	VADDPD  Y0, S, S

// func meanBlocks(blocks int, grad, p *float64, alpha, scale float64, sums *[lanes]float64)
TEXT ·meanBlocks(SB), NOSPLIT, $0-48
	MOVQ blocks+0(FP), CX
	MOVQ grad+8(FP), DI
	MOVQ p+16(FP), SI
	VBROADCASTSD alpha+24(FP), Y8
	VBROADCASTSD scale+32(FP), Y9
	MOVQ sums+40(FP), DX
	VMOVUPD 0(DX), Y4
	VMOVUPD 32(DX), Y5
	VMOVUPD 64(DX), Y6
	VMOVUPD 96(DX), Y7

block:
	FOUR(0, Y4)
	FOUR(32, Y5)
	FOUR(64, Y6)
	FOUR(96, Y7)
	ADDQ $128, SI
	ADDQ $128, DI
	DECQ CX
	JNZ  block
	VMOVUPD Y4, 0(DX)
	VMOVUPD Y5, 32(DX)
	VMOVUPD Y6, 64(DX)
	VMOVUPD Y7, 96(DX)
	VZEROUPPER
	RET

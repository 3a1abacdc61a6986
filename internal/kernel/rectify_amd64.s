#include "textflag.h"

// func rectifyBlocks(blocks int, out, x *float64)
TEXT ·rectifyBlocks(SB), NOSPLIT, $0-24
	MOVQ blocks+0(FP), CX
	MOVQ out+8(FP), DI
	MOVQ x+16(FP), SI
	VXORPD Y2, Y2, Y2
	XORQ   BX, BX

block:
	VMOVUPD (SI)(BX*1), Y0
	VCMPPD  $0x16, Y2, Y0, Y1 // not less than or equal to 0: above, or no number
	VANDPD  Y0, Y1, Y0
	VMOVUPD Y0, (DI)(BX*1)
	ADDQ    $32, BX
	DECQ    CX
	JNZ     block
	VZEROUPPER
	RET

// func rectifyBackBlocks(blocks int, dx, d, out *float64)
TEXT ·rectifyBackBlocks(SB), NOSPLIT, $0-32
	MOVQ blocks+0(FP), CX
	MOVQ dx+8(FP), DI
	MOVQ d+16(FP), SI
	MOVQ out+24(FP), DX
	VXORPD Y2, Y2, Y2
	XORQ   BX, BX

block:
	VMOVUPD (DX)(BX*1), Y0
	VCMPPD  $0x04, Y2, Y0, Y1 // not equal to 0, or no number
	VANDPD  (SI)(BX*1), Y1, Y0
	VMOVUPD Y0, (DI)(BX*1)
	ADDQ    $32, BX
	DECQ    CX
	JNZ     block
	VZEROUPPER
	RET

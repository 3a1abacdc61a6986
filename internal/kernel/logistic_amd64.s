#include "textflag.h"

// The constants of logistic.go.
DATA numbers<>+0(SB)/8, $-708.0
DATA numbers<>+8(SB)/8, $1.4426950408889634
DATA numbers<>+16(SB)/8, $6755399441055744.0
DATA numbers<>+24(SB)/8, $6.93147180369123816e-01
DATA numbers<>+32(SB)/8, $1.90821492927058770e-10
DATA numbers<>+40(SB)/8, $2.5100472505694996e-08
DATA numbers<>+48(SB)/8, $2.7620201591031547e-07
DATA numbers<>+56(SB)/8, $2.7557268276905696e-06
DATA numbers<>+64(SB)/8, $2.4801521057868204e-05
DATA numbers<>+72(SB)/8, $0.00019841269863171557
DATA numbers<>+80(SB)/8, $0.0013888888917367081
DATA numbers<>+88(SB)/8, $0.008333333333330039
DATA numbers<>+96(SB)/8, $0.041666666666623824
DATA numbers<>+104(SB)/8, $0.16666666666666669
DATA numbers<>+112(SB)/8, $0.5000000000000001
DATA numbers<>+120(SB)/8, $0.1616404561194353
DATA numbers<>+128(SB)/8, $0.08800738486144674
DATA numbers<>+136(SB)/8, $0.12001072809590713
DATA numbers<>+144(SB)/8, $0.13314144209654935
DATA numbers<>+152(SB)/8, $0.15385570064958623
DATA numbers<>+160(SB)/8, $0.18181789436132859
DATA numbers<>+168(SB)/8, $0.22222222717427864
DATA numbers<>+176(SB)/8, $0.2857142856710876
DATA numbers<>+184(SB)/8, $0.40000000000014585
DATA numbers<>+192(SB)/8, $0.6666666666666666
DATA numbers<>+200(SB)/8, $1.0
DATA numbers<>+208(SB)/8, $2.0
GLOBL numbers<>(SB), RODATA, $216

#define LEAST numbers<>+0(SB)
#define TOLOG2 numbers<>+8(SB)
#define WHOLE numbers<>+16(SB)
#define LN2HIGH numbers<>+24(SB)
#define LN2LOW numbers<>+32(SB)
#define EXP9 numbers<>+40(SB)
#define EXP8 numbers<>+48(SB)
#define EXP7 numbers<>+56(SB)
#define EXP6 numbers<>+64(SB)
#define EXP5 numbers<>+72(SB)
#define EXP4 numbers<>+80(SB)
#define EXP3 numbers<>+88(SB)
#define EXP2 numbers<>+96(SB)
#define EXP1 numbers<>+104(SB)
#define EXP0 numbers<>+112(SB)
#define LOG9 numbers<>+120(SB)
#define LOG8 numbers<>+128(SB)
#define LOG7 numbers<>+136(SB)
#define LOG6 numbers<>+144(SB)
#define LOG5 numbers<>+152(SB)
#define LOG4 numbers<>+160(SB)
#define LOG3 numbers<>+168(SB)
#define LOG2 numbers<>+176(SB)
#define LOG1 numbers<>+184(SB)
#define LOG0 numbers<>+192(SB)
#define ONE numbers<>+200(SB)
#define TWO numbers<>+208(SB)

// Y15, Y14, Y13, Y12 and Y11 are LEAST, TOLOG2, WHOLE, ONE and the sign's bit.
#define CONSTANTS \
	VBROADCASTSD LEAST, Y15  \
	VBROADCASTSD TOLOG2, Y14 \
	VBROADCASTSD WHOLE, Y13  \
	VBROADCASTSD ONE, Y12    \
	VPCMPEQQ Y11, Y11, Y11   \
	VPSLLQ $63, Y11, Y11

// Y0 becomes its exponential. It uses Y1, Y2, Y3, Y4 and Y7. What is below LEAST
// is computed as LEAST is, and becomes 0.
#define EXP \
	VMAXPD Y0, Y15, Y1      \
	VCMPPD $5, Y15, Y0, Y4  \
	VMULPD Y14, Y1, Y2      \
	VADDPD Y13, Y2, Y2      \
	VSUBPD Y13, Y2, Y3      \
	VBROADCASTSD LN2HIGH, Y7 \
	VMULPD Y7, Y3, Y7       \
	VSUBPD Y7, Y1, Y1       \
	VBROADCASTSD LN2LOW, Y7 \
	VMULPD Y7, Y3, Y7       \
	VSUBPD Y7, Y1, Y1       \
	VBROADCASTSD EXP9, Y0 \
	VMULPD Y1, Y0, Y0 \
	VBROADCASTSD EXP8, Y7 \
	VADDPD Y7, Y0, Y0 \
	VMULPD Y1, Y0, Y0 \
	VBROADCASTSD EXP7, Y7 \
	VADDPD Y7, Y0, Y0 \
	VMULPD Y1, Y0, Y0 \
	VBROADCASTSD EXP6, Y7 \
	VADDPD Y7, Y0, Y0 \
	VMULPD Y1, Y0, Y0 \
	VBROADCASTSD EXP5, Y7 \
	VADDPD Y7, Y0, Y0 \
	VMULPD Y1, Y0, Y0 \
	VBROADCASTSD EXP4, Y7 \
	VADDPD Y7, Y0, Y0 \
	VMULPD Y1, Y0, Y0 \
	VBROADCASTSD EXP3, Y7 \
	VADDPD Y7, Y0, Y0 \
	VMULPD Y1, Y0, Y0 \
	VBROADCASTSD EXP2, Y7 \
	VADDPD Y7, Y0, Y0 \
	VMULPD Y1, Y0, Y0 \
	VBROADCASTSD EXP1, Y7 \
	VADDPD Y7, Y0, Y0 \
	VMULPD Y1, Y0, Y0 \
	VBROADCASTSD EXP0, Y7 \
	VADDPD Y7, Y0, Y0 \
	VMULPD Y1, Y1, Y3       \
	VMULPD Y0, Y3, Y0       \
	VADDPD Y0, Y1, Y0       \
	VADDPD Y0, Y12, Y0      \
	VPSLLQ $52, Y2, Y2      \
	VPADDQ Y12, Y2, Y2      \
	VMULPD Y2, Y0, Y0       \
	VANDPD Y4, Y0, Y0

// Y1 becomes the logarithm of 1 + Y0. It uses Y2, Y3 and Y7.
#define LOG1P \
	VBROADCASTSD TWO, Y7    \
	VADDPD Y7, Y0, Y7       \
	VDIVPD Y7, Y0, Y1       \
	VMULPD Y1, Y1, Y2       \
	VBROADCASTSD LOG9, Y3 \
	VMULPD Y2, Y3, Y3 \
	VBROADCASTSD LOG8, Y7 \
	VADDPD Y7, Y3, Y3 \
	VMULPD Y2, Y3, Y3 \
	VBROADCASTSD LOG7, Y7 \
	VADDPD Y7, Y3, Y3 \
	VMULPD Y2, Y3, Y3 \
	VBROADCASTSD LOG6, Y7 \
	VADDPD Y7, Y3, Y3 \
	VMULPD Y2, Y3, Y3 \
	VBROADCASTSD LOG5, Y7 \
	VADDPD Y7, Y3, Y3 \
	VMULPD Y2, Y3, Y3 \
	VBROADCASTSD LOG4, Y7 \
	VADDPD Y7, Y3, Y3 \
	VMULPD Y2, Y3, Y3 \
	VBROADCASTSD LOG3, Y7 \
	VADDPD Y7, Y3, Y3 \
	VMULPD Y2, Y3, Y3 \
	VBROADCASTSD LOG2, Y7 \
	VADDPD Y7, Y3, Y3 \
	VMULPD Y2, Y3, Y3 \
	VBROADCASTSD LOG1, Y7 \
	VADDPD Y7, Y3, Y3 \
	VMULPD Y2, Y3, Y3 \
	VBROADCASTSD LOG0, Y7 \
	VADDPD Y7, Y3, Y3 \
	VMULPD Y1, Y2, Y2       \
	VMULPD Y3, Y2, Y2       \
	VADDPD Y1, Y1, Y1       \
	VADDPD Y2, Y1, Y1

// Of four rows of y at DI and scores at SI: Y6 has the signs of rows whose y
// is 1, Y5 the scores for the other class.
#define AGAINST \
	VCMPPD $0, (DI), Y12, Y6 \
	VANDPD Y11, Y6, Y6       \
	VXORPD (SI), Y6, Y5

// Y0 becomes exp(-|Y5|).
#define SMALL \
	VORPD Y11, Y5, Y0 \
	EXP

// Y2 becomes max(Y5, 0), Y3 1 + Y0, Y4 1 / Y3, and Y1 what times Y4 is the
// probability of the other class.
#define SHARE \
	VXORPD Y7, Y7, Y7       \
	VMAXPD Y5, Y7, Y2       \
	VCMPPD $30, Y7, Y5, Y1  \
	VANDPD Y12, Y1, Y1      \
	VMAXPD Y0, Y1, Y1       \
	VADDPD Y0, Y12, Y3      \
	VDIVPD Y3, Y12, Y4

// func expFours(fours int, values *float64)
TEXT ·expFours(SB), NOSPLIT, $0-16
	MOVQ fours+0(FP), CX
	MOVQ values+8(FP), SI
	CONSTANTS

four:
	VMOVUPD (SI), Y0
	EXP
	VMOVUPD Y0, (SI)
	ADDQ $32, SI
	DECQ CX
	JNZ four
	VZEROUPPER
	RET

// func logisticFours(fours int, scores, y *float64, s *logisticSums)
TEXT ·logisticFours(SB), NOSPLIT, $0-32
	MOVQ fours+0(FP), CX
	MOVQ scores+8(FP), SI
	MOVQ y+16(FP), DI
	MOVQ s+24(FP), DX
	CONSTANTS
	VMOVUPD (DX), Y10
	VMOVUPD 32(DX), Y9

four:
	AGAINST
	SMALL
	SHARE
	VADDPD Y2, Y10, Y10
	VMULPD Y3, Y9, Y9
	VMULPD Y4, Y1, Y1
	VXORPD Y6, Y1, Y1
	VMOVUPD Y1, (SI)
	ADDQ $32, SI
	ADDQ $32, DI
	DECQ CX
	JNZ four
	VMOVUPD Y10, (DX)
	VMOVUPD Y9, 32(DX)
	VZEROUPPER
	RET

// func logisticWeighted(fours int, scores, y, weights *float64, s *logisticSums)
TEXT ·logisticWeighted(SB), NOSPLIT, $0-40
	MOVQ fours+0(FP), CX
	MOVQ scores+8(FP), SI
	MOVQ y+16(FP), DI
	MOVQ weights+24(FP), R8
	MOVQ s+32(FP), DX
	CONSTANTS
	VMOVUPD (DX), Y10

four:
	AGAINST
	VMOVUPD (R8), Y8
	VXORPD Y7, Y7, Y7
	VCMPPD $4, Y7, Y8, Y7
	VANDPD Y7, Y5, Y5
	SMALL
	LOG1P
	VMOVAPD Y1, Y9
	SHARE
	VADDPD Y9, Y2, Y2
	VMULPD Y8, Y2, Y2
	VADDPD Y2, Y10, Y10
	VMULPD Y8, Y1, Y1
	VMULPD Y4, Y1, Y1
	VXORPD Y6, Y1, Y1
	VMOVUPD Y1, (SI)
	ADDQ $32, SI
	ADDQ $32, DI
	ADDQ $32, R8
	DECQ CX
	JNZ four
	VMOVUPD Y10, (DX)
	VZEROUPPER
	RET

// func logisticEachFours(fours int, scores, y, losses *float64)
TEXT ·logisticEachFours(SB), NOSPLIT, $0-32
	MOVQ fours+0(FP), CX
	MOVQ scores+8(FP), SI
	MOVQ y+16(FP), DI
	MOVQ losses+24(FP), R8
	CONSTANTS

four:
	AGAINST
	SMALL
	LOG1P
	VMOVAPD Y1, Y9
	SHARE
	VADDPD Y9, Y2, Y2
	VMOVUPD Y2, (R8)
	VMULPD Y4, Y1, Y1
	VXORPD Y6, Y1, Y1
	VMOVUPD Y1, (SI)
	ADDQ $32, SI
	ADDQ $32, DI
	ADDQ $32, R8
	DECQ CX
	JNZ four
	VZEROUPPER
	RET

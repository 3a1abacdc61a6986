#include "textflag.h"

// A distance is a sum over columns of the squares, or of the absolute values,
// of differences. The difference of the other sign serves as well.
#define SQUARE(D) VMULPD D, D, D
#define ABSOLUTE(D) VANDPD Y11, D, D

// All bits of Y11 but the signs.
#define UNSIGNED \
	VPCMPEQQ Y11, Y11, Y11 \
	VPSRLQ   $1, Y11, Y11

// What a column adds to the sums of one query, which is SUM: the rows are Y10.
#define TERM(Q, SUM, T, OF) \
	VBROADCASTSD Q, T    \
	VSUBPD Y10, T, T     \
	OF(T)                \
	VADDPD T, SUM, SUM

// One query, DI, against CX panels of rows, SI; the answer is AX.
#define NEAR(OF) \
	XORQ AX, AX                    \
	MOVQ CX, R11                   \
panel:                             \
	MOVQ DI, R8                    \
	MOVQ BX, R9                    \
	VXORPD Y0, Y0, Y0              \
column:                            \
	VMOVUPD (SI), Y10              \
	TERM((R8), Y0, Y1, OF)         \
	ADDQ $32, SI                   \
	ADDQ $8, R8                    \
	DECQ R9                        \
	JNZ column                     \
	VMOVUPD Y0, (DX)               \
	VCMPPD $2, Y15, Y0, Y1         \
	VMOVMSKPD Y1, R10              \
	SHLQ $60, R10                  \
	SHRQ $4, AX                    \
	ORQ R10, AX                    \
	ADDQ $32, DX                   \
	DECQ R11                       \
	JNZ panel                      \
	SHLQ $2, CX                    \
	NEGQ CX                        \
	ADDQ $64, CX                   \
	SHRQ CX, AX                    \
	VZEROUPPER

// Four queries, DI, with the limits R8, against CX panels of rows, SI. AX is
// the panel that has a row near enough, whose distances go to DX, or else CX.
#define NEAR4(OF) \
	VBROADCASTSD (R8), Y12    \
	VBROADCASTSD 8(R8), Y13   \
	VBROADCASTSD 16(R8), Y14  \
	VBROADCASTSD 24(R8), Y15  \
	XORQ AX, AX               \
panel:                        \
	MOVQ DI, R8               \
	MOVQ BX, R9               \
	VXORPD Y0, Y0, Y0         \
	VXORPD Y1, Y1, Y1         \
	VXORPD Y2, Y2, Y2         \
	VXORPD Y3, Y3, Y3         \
column:                       \
	VMOVUPD (SI), Y10         \
	TERM((R8), Y0, Y4, OF)    \
	TERM(8(R8), Y1, Y5, OF)   \
	TERM(16(R8), Y2, Y6, OF)  \
	TERM(24(R8), Y3, Y7, OF)  \
	ADDQ $32, SI              \
	ADDQ $32, R8              \
	DECQ R9                   \
	JNZ column                \
	VCMPPD $2, Y12, Y0, Y4    \
	VCMPPD $2, Y13, Y1, Y5    \
	VCMPPD $2, Y14, Y2, Y6    \
	VCMPPD $2, Y15, Y3, Y7    \
	VORPD Y4, Y5, Y4          \
	VORPD Y6, Y7, Y6          \
	VORPD Y4, Y6, Y4          \
	VMOVMSKPD Y4, R10         \
	TESTQ R10, R10            \
	JNZ near                  \
	INCQ AX                   \
	CMPQ AX, CX               \
	JLT panel                 \
	JMP done                  \
near:                         \
	VMOVUPD Y0, (DX)          \
	VMOVUPD Y1, 32(DX)        \
	VMOVUPD Y2, 64(DX)        \
	VMOVUPD Y3, 96(DX)        \
done:                         \
	VZEROUPPER

// One query, DI, against four boxes, SI. Of max(lower-v, v-upper, 0) the absolute value is itself.
#define GAPS(OF) \
	VXORPD Y0, Y0, Y0         \
	VXORPD Y9, Y9, Y9         \
column:                       \
	VBROADCASTSD (DI), Y1     \
	VMOVUPD (SI), Y2          \
	VSUBPD Y1, Y2, Y2         \
	VSUBPD 32(SI), Y1, Y1     \
	VMAXPD Y1, Y2, Y1         \
	VMAXPD Y9, Y1, Y1         \
	OF(Y1)                    \
	VADDPD Y1, Y0, Y0         \
	ADDQ $64, SI              \
	ADDQ $8, DI               \
	DECQ CX                   \
	JNZ column                \
	VMOVUPD Y0, (DX)          \
	VZEROUPPER

// func nearSquares(panels, width int, rows *Panel, q *float64, limit float64, dst *float64) uint64
TEXT ·nearSquares(SB), NOSPLIT, $0-56
	MOVQ panels+0(FP), CX
	MOVQ width+8(FP), BX
	MOVQ rows+16(FP), SI
	MOVQ q+24(FP), DI
	VBROADCASTSD limit+32(FP), Y15
	MOVQ dst+40(FP), DX
	NEAR(SQUARE)
	MOVQ AX, ret+48(FP)
	RET

// func near4Squares(panels, width int, rows *Panel, queries *float64, limits *[4]float64, dst *[4]Panel) int
TEXT ·near4Squares(SB), NOSPLIT, $0-56
	MOVQ panels+0(FP), CX
	MOVQ width+8(FP), BX
	MOVQ rows+16(FP), SI
	MOVQ queries+24(FP), DI
	MOVQ limits+32(FP), R8
	MOVQ dst+40(FP), DX
	NEAR4(SQUARE)
	MOVQ AX, ret+48(FP)
	RET

// func gapsSquares(width int, bounds *Panel, q *float64, gaps *Panel)
TEXT ·gapsSquares(SB), NOSPLIT, $0-32
	MOVQ width+0(FP), CX
	MOVQ bounds+8(FP), SI
	MOVQ q+16(FP), DI
	MOVQ gaps+24(FP), DX
	GAPS(SQUARE)
	RET

// func nearAbsolutes(panels, width int, rows *Panel, q *float64, limit float64, dst *float64) uint64
TEXT ·nearAbsolutes(SB), NOSPLIT, $0-56
	MOVQ panels+0(FP), CX
	MOVQ width+8(FP), BX
	MOVQ rows+16(FP), SI
	MOVQ q+24(FP), DI
	VBROADCASTSD limit+32(FP), Y15
	MOVQ dst+40(FP), DX
	UNSIGNED
	NEAR(ABSOLUTE)
	MOVQ AX, ret+48(FP)
	RET

// func near4Absolutes(panels, width int, rows *Panel, queries *float64, limits *[4]float64, dst *[4]Panel) int
TEXT ·near4Absolutes(SB), NOSPLIT, $0-56
	MOVQ panels+0(FP), CX
	MOVQ width+8(FP), BX
	MOVQ rows+16(FP), SI
	MOVQ queries+24(FP), DI
	MOVQ limits+32(FP), R8
	MOVQ dst+40(FP), DX
	UNSIGNED
	NEAR4(ABSOLUTE)
	MOVQ AX, ret+48(FP)
	RET

// func gapsAbsolutes(width int, bounds *Panel, q *float64, gaps *Panel)
TEXT ·gapsAbsolutes(SB), NOSPLIT, $0-32
	MOVQ width+0(FP), CX
	MOVQ bounds+8(FP), SI
	MOVQ q+16(FP), DI
	MOVQ gaps+24(FP), DX
	UNSIGNED
	GAPS(ABSOLUTE)
	RET

/** Names of the SIA event codes (SIA DC-03-1990.01, annex A, and what panels have added since). What a code means to us stands in the normalisation table. */
import type { CodeName } from '../contact-id/codes.ts';

const table = `
AA 门禁读卡器报警 | Access alarm on the panel
AB 中止报警 | Alarm aborted
AN 模拟量恢复 | Analog restored
AR 交流恢复 | AC restored
AS 模拟量服务 | Analog service needed
AT 交流断电 | AC trouble
BA 入侵报警 | Burglary alarm
BB 入侵防区旁路 | Burglary bypass
BC 入侵取消 | Burglary cancelled
BD 频繁动作故障 | Swinger trouble
BE 频繁动作恢复 | Swinger trouble restored
BH 入侵报警恢复 | Burglary alarm restored
BJ 入侵故障恢复 | Burglary trouble restored
BM 交叉防区报警 | Burglary cross-zone alarm
BR 入侵恢复 | Burglary restored
BS 入侵监管 | Burglary supervisory
BT 入侵故障 | Burglary trouble
BU 入侵防区解除旁路 | Burglary unbypassed
BV 已复核的入侵 | Burglary verified
BX 入侵测试 | Burglary test
BZ 监督缺失 | Missing supervision
CA 自动布防 | Automatic closing
CE 布防延时 | Closing extended
CF 强制布防 | Forced closing
CG 分区布防 | Area closed
CI 未布防 | Failed to close
CJ 延后布防 | Late closing
CK 提前布防 | Early closing
CL 布防 | Closing
CO 指令布防 | Command closing
CP 自动布防 | Automatic closing
CQ 远程布防 | Remote closing
CR 近期布防后报警 | Recent closing
CS 钥匙布防 | Keyswitch closing
CW 强制布防成功 | Was force armed
CZ 防区关闭 | Point closed
DA 卡片指派 | Card assigned
DC 门禁关闭 | Access closed
DD 拒绝进入 | Access denied
DE 请求进入 | Request to enter
DF 强行开门 | Door forced
DG 允许进入 | Access granted
DI 反潜回拒绝 | Access denied: passback
DJ 强行开门故障 | Door forced, trouble
DK 门禁锁定 | Access lockout
DL 门未关报警 | Door left open, alarm
DM 门未关故障 | Door left open, trouble
DN 门未关恢复 | Door left open, restored
DO 门禁开放 | Access open
DP 未授权时间拒绝 | Access denied: unauthorised time
DQ 未授权布防状态拒绝 | Access denied: unauthorised arming state
DR 门恢复 | Door restored
DT 门禁故障 | Access trouble
DV 未授权级别拒绝 | Access denied: unauthorised entry level
DX 请求外出 | Request to exit
EA 外出报警 | Exit alarm
EE 外出错误 | Exit error
EJ 扩展设备防拆恢复 | Expansion tamper restored
EM 扩展设备丢失 | Expansion device missing
EN 扩展设备丢失恢复 | Expansion missing, restored
ER 扩展设备恢复 | Expansion restored
ES 扩展设备防拆 | Expansion device tamper
ET 扩展设备故障 | Expansion trouble
EX 外部设备状态 | External device condition
FA 火警 | Fire alarm
FB 火警防区旁路 | Fire bypass
FC 火警取消 | Fire cancelled
FH 火警恢复 | Fire alarm restored
FI 火警测试开始 | Fire test begun
FJ 火警故障恢复 | Fire trouble restored
FK 火警测试结束 | Fire test ended
FL 火警状态 | Fire alarm silenced
FP 火警预警 | Fire supervisory, pre-alarm
FQ 火警监管恢复 | Fire supervisory trouble restored
FR 火警恢复正常 | Fire restored
FS 火警监管 | Fire supervisory
FT 火警故障 | Fire trouble
FU 火警解除旁路 | Fire unbypassed
FV 火警监管恢复 | Fire supervision restored
FW 火警监管故障 | Fire supervisory trouble
FX 火警测试 | Fire test
FZ 漏发火警监管 | Missing fire supervision
GA 燃气报警 | Gas alarm
GB 燃气防区旁路 | Gas bypass
GH 燃气报警恢复 | Gas alarm restored
GJ 燃气故障恢复 | Gas trouble restored
GR 燃气恢复 | Gas restored
GS 燃气监管 | Gas supervisory
GT 燃气故障 | Gas trouble
GU 燃气解除旁路 | Gas unbypassed
GX 燃气测试 | Gas test
HA 劫持报警 | Hold-up alarm
HB 劫持防区旁路 | Hold-up bypass
HH 劫持报警恢复 | Hold-up alarm restored
HJ 劫持故障恢复 | Hold-up trouble restored
HR 劫持恢复 | Hold-up restored
HS 劫持监管 | Hold-up supervisory
HT 劫持故障 | Hold-up trouble
HU 劫持解除旁路 | Hold-up unbypassed
HV 已复核的劫持报警 | Hold-up verified
HX 劫持测试 | Hold-up test
IA 设备故障状态 | Equipment failure condition
IR 设备故障恢复 | Equipment failure restored
JA 密码错误 | User code tamper
JD 日期已改 | Date changed
JH 节假日已改 | Holiday changed
JL 记录将满 | Log threshold
JO 记录溢出 | Log overflow
JP 用户在场 | User on premises
JR 时间表执行 | Schedule executed
JS 时间表已改 | Schedule changed
JT 时钟已改 | Time changed
JV 用户密码已改 | User code changed
JY 用户密码已加 | User code added
JZ 用户级别已设 | User level set
KA 高温火警 | Heat alarm
KB 温感防区旁路 | Heat bypass
KH 高温火警恢复 | Heat alarm restored
KJ 温感故障恢复 | Heat trouble restored
KR 温感恢复 | Heat restored
KS 温感监管 | Heat supervisory
KT 温感故障 | Heat trouble
KU 温感解除旁路 | Heat unbypassed
KX 温感测试 | Heat test
LB 开始本地编程 | Local programming begun
LD 拒绝本地编程 | Local programming denied
LE 监听结束 | Listen-in ended
LF 监听开始 | Listen-in begun
LR 电话线恢复 | Line restored
LS 本地编程成功 | Local programming succeeded
LT 电话线故障 | Line trouble
LU 本地编程失败 | Local programming failed
LX 本地编程结束 | Local programming ended
MA 医疗求助 | Medical alarm
MB 医疗防区旁路 | Medical bypass
MH 医疗求助恢复 | Medical alarm restored
MI 消息 | Message
MJ 医疗故障恢复 | Medical trouble restored
MR 医疗恢复 | Medical restored
MS 医疗监管 | Medical supervisory
MT 医疗故障 | Medical trouble
MU 医疗解除旁路 | Medical unbypassed
MX 医疗测试 | Medical test
NA 无活动 | No activity
NC 网络故障 | Network condition
NF 强制留守布防 | Forced perimeter arm
NL 留守布防 | Perimeter armed
NM 周界设防 | Perimeter armed, user defined
NR 网络恢复 | Network restored
NS 活动恢复 | Activity resumed
NT 网络失败 | Network failure
OA 自动撤防 | Automatic opening
OC 取消报警 | Cancel report
OG 分区撤防 | Area opened
OI 未撤防 | Failed to open
OJ 延后撤防 | Late opening
OK 提前撤防 | Early opening
OP 撤防 | Opening
OQ 远程撤防 | Remote opening
OR 报警后撤防 | Disarmed from alarm
OS 钥匙撤防 | Keyswitch opening
OU 输出状态故障 | Output state trouble
OV 输出状态恢复 | Output state restored
PA 紧急报警 | Panic alarm
PB 紧急防区旁路 | Panic bypass
PH 紧急报警恢复 | Panic alarm restored
PJ 紧急故障恢复 | Panic trouble restored
PR 紧急恢复 | Panic restored
PS 紧急监管 | Panic supervisory
PT 紧急故障 | Panic trouble
PU 紧急解除旁路 | Panic unbypassed
PX 紧急测试 | Panic test
QA 个人求助 | Emergency alarm
QB 求助防区旁路 | Emergency bypass
QH 个人求助恢复 | Emergency alarm restored
QJ 求助故障恢复 | Emergency trouble restored
QR 求助恢复 | Emergency restored
QS 求助监管 | Emergency supervisory
QT 求助故障 | Emergency trouble
QU 求助解除旁路 | Emergency unbypassed
QX 求助测试 | Emergency test
RA 远程编程呼叫失败 | Remote programmer call failed
RB 开始远程编程 | Remote programming begun
RC 继电器闭合 | Relay closed
RD 拒绝远程编程 | Remote programming denied
RN 远程复位 | Remote reset
RO 继电器断开 | Relay opened
RP 定期测试 | Automatic test
RR 上电 | Power up
RS 远程编程成功 | Remote programming succeeded
RT 数据丢失 | Data lost
RU 远程编程失败 | Remote programming failed
RX 手动测试 | Manual test
SA 喷淋报警 | Sprinkler alarm
SB 喷淋防区旁路 | Sprinkler bypass
SC 状态变化 | Change of state
SH 喷淋报警恢复 | Sprinkler alarm restored
SJ 喷淋故障恢复 | Sprinkler trouble restored
SR 喷淋恢复 | Sprinkler restored
SS 喷淋监管 | Sprinkler supervisory
ST 喷淋故障 | Sprinkler trouble
SU 喷淋解除旁路 | Sprinkler unbypassed
SX 喷淋测试 | Sprinkler test
TA 防拆报警 | Tamper alarm
TB 防拆旁路 | Tamper bypass
TC 所有点已测试 | All points tested
TE 测试结束 | Test ended
TH 防拆报警恢复 | Tamper alarm restored
TJ 防拆故障恢复 | Tamper trouble restored
TP 步测点 | Walk-test point
TR 防拆恢复 | Tamper restored
TS 测试开始 | Test started
TT 防拆故障 | Tamper trouble
TU 防拆解除旁路 | Tamper unbypassed
TW 区域监视开始 | Area watch started
TX 测试报告 | Test report
TZ 区域监视结束 | Area watch ended
UA 未定类防区报警 | Untyped zone alarm
UB 未定类防区旁路 | Untyped zone bypass
UH 未定类报警恢复 | Untyped alarm restored
UJ 未定类故障恢复 | Untyped trouble restored
UR 未定类恢复 | Untyped zone restored
US 未定类防区监管 | Untyped zone supervisory
UT 未定类防区故障 | Untyped zone trouble
UU 未定类解除旁路 | Untyped zone unbypassed
VI 打印机缺纸恢复 | Printer paper in
VO 打印机缺纸 | Printer paper out
VR 打印机恢复 | Printer restored
VT 打印机故障 | Printer trouble
WA 水警 | Water alarm
WB 水警防区旁路 | Water bypass
WH 水警恢复 | Water alarm restored
WJ 水警故障恢复 | Water trouble restored
WR 水警恢复正常 | Water restored
WS 水警监管 | Water supervisory
WT 水警故障 | Water trouble
WU 水警解除旁路 | Water unbypassed
XH 无线干扰恢复 | RF interference restored
XJ 无线接收机防拆恢复 | RF receiver tamper restored
XL 无线信号弱 | Low received signal strength
XQ 无线干扰 | RF interference
XR 发射器电池恢复 | Transmitter battery restored
XS 无线接收机防拆 | RF receiver tamper
XT 发射器电池低压 | Transmitter battery trouble
XW 强制防区 | Forced point
XX 测试失败 | Failed to test
YA 警号故障 | Bell fault
YC 通信失败 | Communications failed
YD 接收机线卡故障 | Receiver line card trouble
YG 参数已改 | Parameter changed
YH 警号恢复 | Bell restored
YI 过流故障 | Over-current trouble
YJ 过流恢复 | Over-current restored
YK 通信恢复 | Communications restored
YM 系统电池缺失 | System battery missing
YN 无效报告 | Invalid report
YO 未知消息 | Unknown message
YP 电源故障 | Power supply trouble
YR 系统电池恢复 | System battery restored
YS 通信故障 | Communications trouble
YT 系统电池故障 | System battery trouble
YU 诊断错误 | Diagnostic error
YW 看门狗复位 | Watchdog reset
YX 需要维修 | Service required
YY 状态报告 | Status report
YZ 维修完成 | Service completed
ZA 低温报警 | Freeze alarm
ZB 低温防区旁路 | Freeze bypass
ZH 低温报警恢复 | Freeze alarm restored
ZJ 低温故障恢复 | Freeze trouble restored
ZR 低温恢复 | Freeze restored
ZS 低温监管 | Freeze supervisory
ZT 低温故障 | Freeze trouble
ZU 低温解除旁路 | Freeze unbypassed
ZX 低温测试 | Freeze test
`;

export const siaNames: ReadonlyMap<string, CodeName> = new Map(table.trim().split('\n').map(named));

function named(line: string): readonly [string, CodeName] {
  const [zh = '', en = ''] = line.slice(3).split(' | ');
  return [line.slice(0, 2), { zh, en }];
}

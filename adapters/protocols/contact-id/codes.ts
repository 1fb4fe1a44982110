/** Names of the Contact ID event codes (SIA DC-05-1999 and what panels have added since). What a code means to us stands in the normalisation table. */

export interface CodeName {
  readonly zh: string;
  readonly en: string;
}

const table = `
100 医疗求助 | Medical alarm
101 个人求助 | Personal emergency
102 未按时报平安 | Failed to report in
110 火警 | Fire alarm
111 烟感火警 | Smoke
112 燃烧火警 | Combustion
113 水流报警 | Water flow
114 温感火警 | Heat
115 手动火警按钮 | Pull station
116 风管火警 | Duct
117 火焰火警 | Flame
118 火灾预警 | Near alarm of fire
120 紧急报警 | Panic alarm
121 胁迫报警 | Duress
122 无声紧急报警 | Silent panic
123 有声紧急报警 | Audible panic
124 胁迫进入 | Duress: access granted
125 胁迫外出 | Duress: egress granted
129 已复核的劫持报警 | Hold-up, verified
130 入侵报警 | Burglary
131 周界报警 | Perimeter
132 室内报警 | Interior
133 24 小时防区报警 | 24-hour zone
134 出入口报警 | Entry or exit
135 日夜防区报警 | Day/night zone
136 室外报警 | Outdoor
137 防拆报警 | Tamper
138 入侵预警 | Near alarm of burglary
139 入侵复核 | Intrusion verifier
140 一般报警 | General alarm
141 总线开路报警 | Polling loop open, in alarm
142 总线短路报警 | Polling loop short, in alarm
143 扩展模块故障报警 | Expansion module failure, in alarm
144 探测器防拆 | Sensor tamper
145 扩展模块防拆 | Expansion module tamper
146 无声入侵报警 | Silent burglary
147 探测器失联报警 | Sensor supervision failure
150 24 小时非盗警 | 24-hour, not burglary
151 燃气泄漏 | Gas detected
152 冷藏故障 | Refrigeration
153 供暖中断 | Loss of heat
154 漏水 | Water leakage
155 玻璃贴膜断裂 | Foil break
156 日间故障 | Day trouble
157 瓶装气不足 | Low bottled gas level
158 温度过高 | High temperature
159 温度过低 | Low temperature
161 气流中断 | Loss of air flow
162 一氧化碳 | Carbon monoxide detected
163 液位异常 | Tank level
168 湿度过高 | High humidity
169 湿度过低 | Low humidity
200 消防监管 | Fire supervisory
201 水压不足 | Low water pressure
202 二氧化碳不足 | Low CO2
203 闸阀动作 | Gate valve sensor
204 水位过低 | Low water level
205 水泵启动 | Pump activated
206 水泵故障 | Pump failure
300 系统故障 | System trouble
301 交流断电 | AC loss
302 系统电池低压 | Low system battery
303 内存校验错误 | RAM checksum bad
304 程序校验错误 | ROM checksum bad
305 系统复位 | System reset
306 主机编程被改 | Panel programming changed
307 自检失败 | Self-test failure
308 系统关机 | System shutdown
309 电池测试失败 | Battery test failure
310 接地故障 | Ground fault
311 电池缺失或失效 | Battery missing or dead
312 电源过流 | Power supply over-current
313 工程师复位 | Engineer reset
314 主电源故障 | Primary power supply failure
316 系统防拆 | System tamper
320 警号或继电器故障 | Sounder or relay
321 警号 1 故障 | Bell 1
322 警号 2 故障 | Bell 2
323 报警继电器故障 | Alarm relay
324 故障继电器故障 | Trouble relay
325 反极继电器故障 | Reversing relay
326 声光回路 3 故障 | Notification appliance circuit 3
327 声光回路 4 故障 | Notification appliance circuit 4
330 外设故障 | System peripheral trouble
331 总线开路 | Polling loop open
332 总线短路 | Polling loop short
333 扩展模块故障 | Expansion module failure
334 中继器故障 | Repeater failure
335 打印机缺纸 | Local printer out of paper
336 打印机故障 | Local printer failure
337 扩展模块直流断电 | Expansion module DC loss
338 扩展模块电池低压 | Expansion module low battery
339 扩展模块复位 | Expansion module reset
341 扩展模块防拆 | Expansion module tamper
342 扩展模块交流断电 | Expansion module AC loss
343 扩展模块自检失败 | Expansion module self-test failure
344 无线干扰 | RF receiver jam detected
345 加密开关变化 | Encryption switched
350 通信故障 | Communication trouble
351 电话线 1 故障 | Line 1 fault
352 电话线 2 故障 | Line 2 fault
353 远程电台故障 | Long-range radio fault
354 事件通信失败 | Failure to communicate
355 电台监管丢失 | Loss of radio supervision
356 中心轮询丢失 | Loss of central polling
357 电台驻波异常 | Long-range radio VSWR problem
358 定期通信测试失败 | Periodic communication test failed
370 防护回路故障 | Protection loop
371 防护回路开路 | Protection loop open
372 防护回路短路 | Protection loop short
373 火警回路故障 | Fire trouble
374 外出错误报警 | Exit error alarm
375 紧急防区故障 | Panic zone trouble
376 劫持防区故障 | Hold-up zone trouble
377 频繁动作故障 | Swinger trouble
378 交叉防区故障 | Cross-zone trouble
380 探测器故障 | Sensor trouble
381 无线探测器失联 | Loss of supervision, RF
382 总线探测器失联 | Loss of supervision, bus
383 探测器被拆 | Sensor tamper
384 无线探测器低电 | RF low battery
385 烟感灵敏度过高 | Smoke detector too sensitive
386 烟感灵敏度过低 | Smoke detector not sensitive enough
387 入侵探测器灵敏度过高 | Intrusion detector too sensitive
388 入侵探测器灵敏度过低 | Intrusion detector not sensitive enough
389 探测器自检失败 | Sensor self-test failure
391 探测器观察故障 | Sensor watch trouble
392 漂移补偿错误 | Drift compensation error
393 需要维护 | Maintenance alert
394 一氧化碳探测器需更换 | CO detector to be replaced
400 布撤防 | Open or close
401 用户布撤防 | Open or close by user
402 分组布撤防 | Group open or close
403 自动布撤防 | Automatic open or close
404 布撤防超时 | Late to open or close
405 延迟布撤防 | Deferred open or close
406 取消报警 | Cancel
407 远程布撤防 | Remote arm or disarm
408 快速布防 | Quick arm
409 钥匙布撤防 | Keyswitch open or close
411 请求回拨 | Callback requested
412 下载成功 | Download successful
413 访问失败 | Access unsuccessful
414 收到系统关机命令 | System shutdown command received
415 收到拨号关闭命令 | Dialer shutdown command received
416 上传成功 | Upload successful
421 拒绝进入 | Access denied
422 用户进入 | Access by user
423 强行进入 | Forced access
424 拒绝外出 | Egress denied
425 允许外出 | Egress granted
426 门未关闭 | Access door propped open
427 门磁故障 | Access point DSM trouble
428 出门按钮故障 | Access point RTE trouble
429 进入门禁编程 | Access program mode entered
430 退出门禁编程 | Access program mode left
431 门禁威胁级别变化 | Access threat level changed
432 门禁继电器故障 | Access relay or trigger failed
433 出门按钮旁路 | Access RTE shunted
434 门磁旁路 | Access DSM shunted
441 留守布防 | Armed stay
442 钥匙留守布防 | Keyswitch armed stay
443 带故障布防 | Armed despite system trouble
450 异常布撤防 | Exceptional open or close
451 提前布撤防 | Early open or close
452 延后布撤防 | Late open or close
453 未按时撤防 | Failed to open
454 未按时布防 | Failed to close
455 自动布防失败 | Automatic arming failed
456 部分布防 | Partially armed
457 用户外出错误 | Exit error by user
458 有人在场 | User on premises
459 布防后不久报警 | Recent close
461 密码错误 | Wrong code entered
462 合法密码输入 | Legal code entered
463 报警后重新布防 | Re-armed after alarm
464 自动布防延时 | Automatic arming time extended
465 紧急报警复位 | Panic alarm reset
466 维修人员到离 | Service on or off premises
501 读卡器停用 | Access reader disabled
520 警号或继电器停用 | Sounder or relay disabled
521 警号 1 停用 | Bell 1 disabled
522 警号 2 停用 | Bell 2 disabled
523 报警继电器停用 | Alarm relay disabled
524 故障继电器停用 | Trouble relay disabled
525 反极继电器停用 | Reversing relay disabled
526 声光回路 3 停用 | Notification appliance circuit 3 disabled
527 声光回路 4 停用 | Notification appliance circuit 4 disabled
531 模块增加 | Module added
532 模块移除 | Module removed
551 拨号停用 | Dialer disabled
552 电台停用 | Radio transmitter disabled
553 远程上下载停用 | Remote upload and download disabled
570 防区旁路 | Zone or sensor bypassed
571 火警防区旁路 | Fire zone bypassed
572 24 小时防区旁路 | 24-hour zone bypassed
573 盗警防区旁路 | Burglary zone bypassed
574 分组旁路 | Group bypassed
575 频繁动作旁路 | Swinger bypassed
576 门禁防区旁路 | Access zone shunted
577 门禁点旁路 | Access point bypassed
601 手动测试 | Manual trigger test
602 定期测试 | Periodic test
603 定期无线测试 | Periodic RF transmission
604 火警测试 | Fire test
605 状态报告将至 | Status report to follow
606 监听将至 | Listen-in to follow
607 步测模式 | Walk test mode
608 定期测试且有故障 | Periodic test, system trouble present
609 视频发送器启动 | Video transmitter active
611 测试点正常 | Point tested
612 测试点未测 | Point not tested
613 入侵防区步测 | Intrusion zone walk-tested
614 火警防区步测 | Fire zone walk-tested
615 紧急防区步测 | Panic zone walk-tested
616 请求维修 | Service requested
621 事件记录复位 | Event log reset
622 事件记录半满 | Event log half full
623 事件记录将满 | Event log 90 % full
624 事件记录溢出 | Event log overflow
625 时钟已设置 | Time or date reset
626 时钟不准 | Time or date inaccurate
627 进入编程 | Program mode entered
628 退出编程 | Program mode left
629 记录时间标记 | 32-hour event log marker
630 时间表更改 | Schedule changed
631 例外时间表更改 | Exception schedule changed
632 门禁时间表更改 | Access schedule changed
641 老人看护故障 | Senior watch trouble
642 儿童到家监督 | Latch-key supervision
654 系统长时间无活动 | System inactivity
`;

export const contactIdNames: ReadonlyMap<string, CodeName> = new Map(table.trim().split('\n').map(named));

function named(line: string): readonly [string, CodeName] {
  const [zh = '', en = ''] = line.slice(4).split(' | ');
  return [line.slice(0, 3), { zh, en }];
}

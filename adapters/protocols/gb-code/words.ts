/** What the digits of a code stand for (GB/T 28181-2022 Annex E; provinces GB/T 2260). Data: `from` alone, or up to `to`. */

export interface CodeWords {
  readonly zh: string;
  readonly en: string;
}

type Row = readonly [from: number, to: number, zh: string, en: string];

const one = (number: number, zh: string, en: string): Row => [number, number, zh, en];

const types: readonly Row[] = [
  one(111, 'DVR', 'DVR'),
  one(112, '视频服务器', 'video server'),
  one(113, '编码器', 'encoder'),
  one(114, '解码器', 'decoder'),
  one(115, '视频切换矩阵', 'video switching matrix'),
  one(116, '音频切换矩阵', 'audio switching matrix'),
  one(117, '报警控制器', 'alarm controller'),
  one(118, '网络视频录像机（NVR）', 'NVR'),
  one(120, '在线视频图像信息采集系统', 'online video and image collection system'),
  one(121, '视频卡口', 'video checkpoint'),
  one(122, '多目摄像机', 'multi-lens camera'),
  one(123, '停车场出入口控制设备', 'parking entrance control'),
  one(124, '人员出入口控制设备', 'personal access control'),
  one(125, '安检设备', 'security screening'),
  [126, 129, '扩展的前端主设备', 'other front-end main device'],
  one(130, '混合硬盘录像机（HVR）', 'hybrid recorder (HVR)'),
  one(131, '摄像机', 'camera'),
  one(132, '网络摄像机（IPC）', 'network camera (IPC)'),
  one(133, '显示器', 'display'),
  one(134, '报警输入设备（红外、烟感、门禁等）', 'alarm input (infrared, smoke, door and so on)'),
  one(135, '报警输出设备（警灯、警铃等）', 'alarm output (lamp, siren and so on)'),
  one(136, '语音输入设备', 'voice input'),
  one(137, '语音输出设备', 'voice output'),
  one(138, '移动传输设备', 'mobile transmission device'),
  one(139, '其他外围设备', 'other peripheral'),
  one(140, '报警输出设备（继电器或触发器控制）', 'alarm output (relay)'),
  one(141, '道闸', 'barrier'),
  one(142, '智能门', 'smart door'),
  one(143, '凭证识别单元', 'credential reader'),
  [144, 199, '扩展的前端外围设备', 'other front-end peripheral'],
  one(200, '中心信令控制服务器', 'central signalling server'),
  one(201, 'Web 应用服务器', 'web application server'),
  one(202, '媒体分发服务器', 'media distribution server'),
  one(203, '代理服务器', 'proxy server'),
  one(204, '安全服务器', 'security server'),
  one(205, '报警服务器', 'alarm server'),
  one(206, '数据库服务器', 'database server'),
  one(207, 'GIS 服务器', 'GIS server'),
  one(208, '管理服务器', 'management server'),
  one(209, '接入网关', 'access gateway'),
  one(210, '媒体存储服务器', 'media storage server'),
  one(211, '信令安全路由网关', 'signalling security routing gateway'),
  one(215, '业务分组', 'business group'),
  one(216, '虚拟组织', 'virtual organisation'),
  one(300, '中心用户', 'centre user'),
  [301, 343, '行业角色的中心用户', 'centre user of a trade'],
  one(400, '终端用户', 'terminal user'),
  [401, 443, '行业角色的终端用户', 'terminal user of a trade'],
  one(500, '视频图像信息综合应用平台', 'video application platform'),
  one(501, '视频图像信息运维管理平台', 'operation and maintenance platform'),
  one(502, '视频图像分析系统', 'video analysis system'),
  one(503, '视频图像信息数据库', 'video and image database'),
  one(505, '视频图像分析设备', 'video analysis device'),
  [600, 999, '扩展类型', 'extended type'],
];

const industries: readonly Row[] = [
  one(0, '社会治安路面接入（公安）', 'public security, roads'),
  one(1, '社会治安社区接入（公安）', 'public security, communities'),
  one(2, '社会治安内部接入（公安）', 'public security, internal'),
  one(3, '社会治安其他接入（公安）', 'public security, other'),
  one(4, '交通路面接入（公安）', 'traffic police, roads'),
  one(5, '交通卡口接入（公安）', 'traffic police, checkpoints'),
  one(6, '交通内部接入（公安）', 'traffic police, internal'),
  one(7, '交通其他接入（公安）', 'traffic police, other'),
  one(8, '城市管理', 'city management'),
  one(9, '卫生环保', 'health and environment'),
  one(10, '商检海关', 'inspection and customs'),
  one(11, '教育部门', 'education authority'),
  one(12, '民航', 'civil aviation'),
  one(13, '铁路', 'railway'),
  one(14, '航运', 'shipping'),
  one(40, '农、林、牧、渔业', 'agriculture'),
  one(41, '采矿业', 'mining'),
  one(42, '制造业', 'manufacturing'),
  one(43, '电力、热力、燃气及水生产和供应业', 'utilities'),
  one(44, '建筑业', 'construction'),
  one(45, '批发和零售业', 'trade'),
  one(46, '交通运输、仓储和邮政业', 'transport'),
  one(47, '住宿和餐饮业', 'accommodation'),
  one(48, '信息传输、软件和信息技术服务业', 'information'),
  one(49, '金融业', 'finance'),
  one(50, '房地产业', 'real estate'),
  one(51, '租赁和商务服务业', 'leasing and business services'),
  one(52, '科学研究和技术服务业', 'research'),
  one(53, '水利、环境和公共设施管理业', 'water, environment and public facilities'),
  one(54, '居民服务、修理和其他服务业', 'services for residents'),
  one(55, '教育', 'education'),
  one(56, '卫生和社会工作', 'health and social work'),
  one(57, '文化、体育和娱乐业', 'culture and sport'),
  one(58, '公共管理、社会保障和社会组织', 'public administration'),
  one(59, '国际组织', 'international organisations'),
  [90, 99, '自定义行业', 'custom industry'],
];

const networks: readonly Row[] = [
  [0, 1, '公安视频传输网', 'video network of the police'],
  one(2, '行业专网', 'private network of an industry'),
  one(3, '政法信息网', 'politics-and-law network'),
  one(4, '公安移动信息网', 'mobile network of the police'),
  one(5, '公安信息网', 'information network of the police'),
  one(6, '电子政务外网', 'e-government extranet'),
  one(7, '互联网等公共网络', 'Internet or another public network'),
  one(8, '专线', 'leased line'),
];

const provinces: readonly Row[] = [
  one(11, '北京市', 'Beijing'),
  one(12, '天津市', 'Tianjin'),
  one(13, '河北省', 'Hebei'),
  one(14, '山西省', 'Shanxi'),
  one(15, '内蒙古自治区', 'Inner Mongolia'),
  one(21, '辽宁省', 'Liaoning'),
  one(22, '吉林省', 'Jilin'),
  one(23, '黑龙江省', 'Heilongjiang'),
  one(31, '上海市', 'Shanghai'),
  one(32, '江苏省', 'Jiangsu'),
  one(33, '浙江省', 'Zhejiang'),
  one(34, '安徽省', 'Anhui'),
  one(35, '福建省', 'Fujian'),
  one(36, '江西省', 'Jiangxi'),
  one(37, '山东省', 'Shandong'),
  one(41, '河南省', 'Henan'),
  one(42, '湖北省', 'Hubei'),
  one(43, '湖南省', 'Hunan'),
  one(44, '广东省', 'Guangdong'),
  one(45, '广西壮族自治区', 'Guangxi'),
  one(46, '海南省', 'Hainan'),
  one(50, '重庆市', 'Chongqing'),
  one(51, '四川省', 'Sichuan'),
  one(52, '贵州省', 'Guizhou'),
  one(53, '云南省', 'Yunnan'),
  one(54, '西藏自治区', 'Tibet'),
  one(61, '陕西省', 'Shaanxi'),
  one(62, '甘肃省', 'Gansu'),
  one(63, '青海省', 'Qinghai'),
  one(64, '宁夏回族自治区', 'Ningxia'),
  one(65, '新疆维吾尔自治区', 'Xinjiang'),
  one(71, '台湾省', 'Taiwan'),
  one(81, '香港特别行政区', 'Hong Kong'),
  one(82, '澳门特别行政区', 'Macao'),
];

const wordsOf = (rows: readonly Row[]) => (number: number) => {
  const row = rows.find(([from, to]) => number >= from && number <= to);
  return row && { zh: row[2], en: row[3] };
};

export const typeWords = wordsOf(types);
export const industryWords = wordsOf(industries);
export const networkWords = wordsOf(networks);
export const provinceWords = wordsOf(provinces);

/**
 * The commonest passwords, and the words from which the commonest long ones are stretched, in lower case: those of public breach counts
 * and those that shipped as defaults of cameras, recorders and platforms.
 */
export const commonPasswords: ReadonlySet<string> = new Set(
  `password passw0rd p@ssw0rd p@ssword pass admin administrator root user guest test demo default welcome letmein monkey dragon master login
   princess sunshine shadow football baseball superman batman trustno1 iloveyou hello freedom whatever qazwsx qwerty qwertyuiop asdfgh asdfghjkl
   zxcvbn zxcvbnm qwe123 1q2w3e 1q2w3e4r 1q2w3e4r5t 1qaz2wsx 1qaz2wsx3edc q1w2e3r4 q1w2e3r4t5 zaq12wsx abc123 abcd1234 a123456 a123456789 aa123456
   abc123456 123456 1234567 12345678 123456789 1234567890 123123 123123123 123321 654321 987654321 111111 000000 888888 666666 5201314 1314520
   woaini woaini1314 woaini520 wojiushiwo caonima mima mima123456 xuexiao school campus security anfang jiankong paichusuo police gongan baojing
   camera hikvision dahua hik12345 hik12345+ admin123 admin1234 admin12345 admin123456 admin@123 admin888 admin666 system systemadmin
   supervisor operator technician viewer gateway campusgateway campus-gateway changeme changeme123 secret topsecret internet computer service
   michael jordan jennifer thomas charlie andrew daniel jessica ashley nicole hunter ranger killer starwars pokemon samsung google android
   iloveyou1 password1 password12 password123 password1234 password12345 password123456 qwerty123 qwerty1234 qwerty12345 qwerty123456 welcome1
   welcome123 letmein123 correcthorsebatterystaple beijing shanghai guangzhou shenzhen chengdu wuhan hangzhou nanjing chongqing zhongguo china`
    .split(/\s+/)
    .filter((word) => word !== ''),
);

/** An alarm has reached nobody who must have it: whom to phone, and what to say (ui.md, ALARM_UNDELIVERED). */
import { Alert } from 'antd';
import type { PhoneCall } from '../../domain/api.ts';
import type { Language, Say } from '../shared/texts.ts';

interface PhonePoliceProps {
  readonly phone: PhoneCall;
  readonly say: Say;
  readonly language: Language;
  /** Leads to the alarm. */
  readonly linked?: boolean;
}

export function PhonePolice({ phone, say, language, linked = false }: PhonePoliceProps) {
  return (
    <Alert
      type="error"
      showIcon
      className="phone-police"
      title={say('phonePolice', { number: phone.number })}
      description={say('readOut', { text: phone.read[language] })}
      action={linked ? <a href={`#alarms/${phone.alarm}`}>{say('openAlarm')}</a> : null}
    />
  );
}

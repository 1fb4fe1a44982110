/** An alarm has reached nobody who must have it: whom to phone, and what to say (ui.md, ALARM_UNDELIVERED). */
import { Alert } from 'antd';
import type { PhoneCall } from '../../domain/api.ts';
import type { Language, Say } from '../shared/texts.ts';

export function PhonePolice({ phone, say, language }: { readonly phone: PhoneCall; readonly say: Say; readonly language: Language }) {
  return (
    <Alert
      type="error"
      showIcon
      className="phone-police"
      title={say('phonePolice', { number: phone.number })}
      description={say('readOut', { text: phone.read[language] })}
    />
  );
}

/** An alarm type: one of the table, or any other that a panel or an uplink knows. */
import { AutoComplete } from 'antd';
import { alarmTypes } from '../../domain/alarm-types.ts';
import type { Language } from '../shared/texts.ts';

/** `rest`: what the form hands to its field. */
export function AlarmTypeField({ language, ...rest }: { readonly language: Language; readonly id?: string; readonly placeholder?: string }) {
  return (
    <AutoComplete
      {...rest}
      allowClear
      options={alarmTypes.map(({ type, title }) => ({ value: type, label: `${title[language]} · ${type}` }))}
      showSearch={{ filterOption: (typed, option) => option?.label.toLowerCase().includes(typed.toLowerCase()) ?? false }}
    />
  );
}

/** One rule of the site: where it holds, and what becomes of the alarm. */
import { Checkbox, Form, Input, Radio, Select } from 'antd';
import type { Severity } from '../../domain/alarm.ts';
import type { PanelZoneView } from '../../domain/desk-api.ts';
import { panelId, zoneId } from '../../domain/ids.ts';
import type { SiteRule } from '../../domain/site-rules.ts';
import { api } from '../shared/api.ts';
import { AlarmTypeField } from './alarm-type-field.tsx';
import type { PageProps } from './console.tsx';
import { RuleModal } from './rule-modal.tsx';

interface Answers {
  readonly scope: 'panel' | 'school';
  readonly zone?: string;
  readonly code?: string;
  readonly alarm?: string;
  readonly type?: string;
  readonly severity?: Severity;
  readonly drill?: boolean;
}

const said = {
  panel: 'field.panel',
  zone: 'field.zone',
  code: 'field.code',
  alarm: 'field.alarm',
  type: 'field.type',
  severity: 'field.severity',
  drill: 'field.drill',
} as const;

interface SiteRuleFormProps extends Pick<PageProps, 'say' | 'language'> {
  readonly panel: string;
  readonly zones: readonly PanelZoneView[];
  readonly rule: SiteRule;
  readonly open: boolean;
  close(): void;
  saved(): void;
}

export function SiteRuleForm({ panel, zones, rule, open, say, language, close, saved }: SiteRuleFormProps) {
  const [form] = Form.useForm<Answers>();
  const scope = Form.useWatch('scope', form);
  const isNew = rule.type === undefined && rule.severity === undefined && rule.drill === undefined;

  const keep = (answers: Answers) => {
    if (answers.scope === 'school' && !answers.code && !answers.alarm) {
      form.setFields([{ name: 'code', errors: [say('needsCondition')] }]);
      return undefined;
    }
    if (!answers.type && answers.severity === undefined && !answers.drill) {
      form.setFields([{ name: 'type', errors: [say('needsChange')] }]);
      return undefined;
    }
    return async () => {
      await api.putRule(ruleOf(rule.id, panel, answers));
      saved();
    };
  };

  const { zone, code, alarm, type, severity, drill = false } = rule;
  return (
    <RuleModal<Answers>
      {...{ form, isNew, open, close, say, language }}
      initialValues={{ scope: rule.panel === undefined ? 'school' : 'panel', zone, code, alarm, type, severity, drill }}
      problems={{ said, within: /^rules\.[^.]+\.?/ }}
      fieldOf={(name) => (name === 'panel' ? 'scope' : name)}
      save={keep}
    >
      <Form.Item name="scope" label={say('appliesTo')}>
        <Radio.Group
          options={[
            { value: 'panel', label: say('thisPanel') },
            { value: 'school', label: say('wholeSchool') },
          ]}
        />
      </Form.Item>
      {scope === 'school' ? null : (
        <Form.Item name="zone" label={say('zone')}>
          <Select allowClear placeholder={say('everyZone')} options={zones.map(({ id, name }) => ({ value: id, label: `${id} ${name}` }))} />
        </Form.Item>
      )}
      <Form.Item name="code" label={say('ruleCode')}>
        <Input placeholder={say('anyCode')} spellCheck={false} />
      </Form.Item>
      <Form.Item name="alarm" label={say('ruleAlarm')}>
        <AlarmTypeField language={language} placeholder={say('anyAlarm')} />
      </Form.Item>
      <h4>{say('ruleThen')}</h4>
      <Form.Item name="type" label={say('ruleType')}>
        <AlarmTypeField language={language} placeholder={say('unchanged')} />
      </Form.Item>
      <Form.Item name="severity" label={say('ruleSeverity')}>
        <Select
          allowClear
          placeholder={say('unchanged')}
          options={([1, 2, 3, 4] as const).map((value) => ({ value, label: say(`severity.${value}`) }))}
        />
      </Form.Item>
      <Form.Item name="drill" valuePropName="checked">
        <Checkbox>{say('ruleDrill')}</Checkbox>
      </Form.Item>
    </RuleModal>
  );
}

function ruleOf(id: string, panel: string, { scope, zone, code, alarm, type, severity, drill }: Answers): SiteRule {
  return {
    id,
    ...(scope === 'panel' ? { panel: panelId(panel), ...(zone ? { zone: zoneId(zone) } : {}) } : {}),
    ...(code ? { code: code.trim() } : {}),
    ...(alarm ? { alarm: alarm.trim() } : {}),
    ...(type ? { type: type.trim() } : {}),
    ...(severity === undefined ? {} : { severity }),
    ...(drill ? { drill } : {}),
  };
}

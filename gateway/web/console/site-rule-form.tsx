/** One rule of the site: where it holds, and what becomes of the alarm. */
import { Alert, Button, Checkbox, Form, Input, Modal, Radio, Select } from 'antd';
import { useState } from 'react';
import type { Severity } from '../../domain/alarm.ts';
import type { PanelZoneView } from '../../domain/desk-api.ts';
import { panelId, zoneId } from '../../domain/ids.ts';
import type { SiteRule } from '../../domain/site-rules.ts';
import { api } from '../shared/api.ts';
import { fieldErrors } from '../shared/problem-text.ts';
import { AlarmTypeField } from './alarm-type-field.tsx';
import type { PageProps } from './console.tsx';

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
  const [busy, setBusy] = useState(false);
  const [wrong, setWrong] = useState<readonly string[]>([]);
  const scope = Form.useWatch('scope', form);
  const isNew = rule.type === undefined && rule.severity === undefined && rule.drill === undefined;

  const save = async (answers: Answers) => {
    if (answers.scope === 'school' && !answers.code && !answers.alarm) {
      form.setFields([{ name: 'code', errors: [say('needsCondition')] }]);
      return;
    }
    if (!answers.type && answers.severity === undefined && !answers.drill) {
      form.setFields([{ name: 'type', errors: [say('needsChange')] }]);
      return;
    }
    setBusy(true);
    setWrong([]);
    try {
      await api.putRule(ruleOf(rule.id, panel, answers));
      saved();
      close();
    } catch (error) {
      const { fields, rest } = fieldErrors(error, { said, within: /^rules\.[^.]+\.?/ }, { say, language });
      form.setFields(fields.map((field) => ({ ...field, name: field.name === 'panel' ? 'scope' : field.name })));
      if (fields[0]) form.scrollToField(fields[0].name, { focus: true });
      setWrong(rest);
    } finally {
      setBusy(false);
    }
  };

  const { zone, code, alarm, type, severity, drill = false } = rule;
  return (
    <Modal open={open} onCancel={close} title={say(isNew ? 'addRule' : 'editRule')} footer={null}>
      <Form<Answers>
        form={form}
        layout="vertical"
        requiredMark={false}
        scrollToFirstError={{ focus: true }}
        initialValues={{ scope: rule.panel === undefined ? 'school' : 'panel', zone, code, alarm, type, severity, drill }}
        onFinish={(answers) => void save(answers)}
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
        {wrong.map((line) => (
          <Alert key={line} type="error" showIcon title={line} className="gap" />
        ))}
        <Button type="primary" htmlType="submit" loading={busy}>
          {say('save')}
        </Button>
      </Form>
    </Modal>
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

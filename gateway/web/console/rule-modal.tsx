/** The window in which a rule is written: what the gateway refuses stands at its field, the rest below, and the cursor goes there. */
import { Alert, Button, Form, type FormInstance, Modal } from 'antd';
import { type ReactNode, useState } from 'react';
import { fieldErrors } from '../shared/problem-text.ts';
import type { PageProps } from './console.tsx';

interface RuleModalProps<Answers> extends Pick<PageProps, 'say' | 'language'> {
  readonly form: FormInstance;
  readonly isNew: boolean;
  readonly initialValues: Readonly<Record<string, unknown>>;
  /** Names of the fields, and where the gateway's words of a fault name them. */
  readonly problems: Pick<Parameters<typeof fieldErrors>[1], 'said' | 'within'>;
  /** The field of the form where the gateway names another one. */
  readonly fieldOf?: (name: string) => string;
  readonly open: boolean;
  close(): void;
  /** Undefined: the form says already what is missing. What it returns is done while the window waits; rejects with what the gateway refuses. */
  save(answers: Answers): (() => Promise<void>) | undefined;
  readonly children: ReactNode;
}

export function RuleModal<Answers>(props: RuleModalProps<Answers>) {
  const { form, isNew, initialValues, problems, fieldOf = (name) => name, open, close, save, say, language, children } = props;
  const [busy, setBusy] = useState(false);
  const [wrong, setWrong] = useState<readonly string[]>([]);

  const submit = async (answers: Answers) => {
    const keep = save(answers);
    if (!keep) return;
    setBusy(true);
    setWrong([]);
    try {
      await keep();
      close();
    } catch (error) {
      const { fields, rest } = fieldErrors(error, problems, { say, language });
      const named = fields.map((field) => ({ ...field, name: fieldOf(field.name) }));
      form.setFields(named);
      if (named[0]) form.scrollToField(named[0].name, { focus: true });
      setWrong(rest);
    } finally {
      setBusy(false);
    }
  };

  return (
    <Modal open={open} onCancel={close} title={say(isNew ? 'addRule' : 'editRule')} footer={null}>
      <Form
        form={form}
        layout="vertical"
        requiredMark={false}
        scrollToFirstError={{ focus: true }}
        initialValues={initialValues}
        onFinish={(answers: Answers) => void submit(answers)}
      >
        {children}
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

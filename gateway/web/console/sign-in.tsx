/** Sign in; on a new box, claim it first. */
import { Alert, Button, Card, Form, Input } from 'antd';
import { useEffect, useState } from 'react';
import type { SessionView } from '../../domain/api.ts';
import { api, Problem } from '../shared/api.ts';
import { problemText } from '../shared/problem-text.ts';
import type { ConsoleProps } from './console.tsx';

interface Answers {
  readonly code: string;
  readonly name: string;
  readonly password: string;
}

export function SignIn({ say, language, switchLanguage, signedIn }: ConsoleProps & { signedIn(session: SessionView): void }) {
  const [unclaimed, setUnclaimed] = useState(false);
  const [failure, setFailure] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    api.claimStatus().then(
      ({ open }) => setUnclaimed(open),
      (error) => setFailure(error),
    );
  }, []);

  async function submit({ code, name, password }: Answers): Promise<void> {
    setBusy(true);
    setFailure(undefined);
    try {
      signedIn(unclaimed ? await api.claim({ code, name, password }) : await api.signIn({ name, password }));
    } catch (error) {
      setFailure(error);
    } finally {
      setBusy(false);
    }
  }

  /** In the language of the page; the gateway's own words for 401 are general: "sign in first". */
  const words = (): string => {
    if (failure instanceof Problem && failure.status === 401) return say(unclaimed ? 'claimWrong' : 'signInWrong');
    return problemText(failure, say, language);
  };

  return (
    <main className="sign-in">
      <Card
        title={unclaimed ? say('claimTitle') : say('product')}
        extra={
          <Button type="text" onClick={switchLanguage}>
            {say('language')}
          </Button>
        }
      >
        {unclaimed ? <p>{say('claimHelp')}</p> : null}
        {failure ? <Alert type="error" showIcon title={words()} className="gap" /> : null}
        <Form<Answers> layout="vertical" onFinish={(answers) => void submit(answers)} disabled={busy} requiredMark={false}>
          {unclaimed ? (
            <Form.Item name="code" label={say('claimCode')} rules={[{ required: true, message: '' }]}>
              <Input autoComplete="one-time-code" autoFocus spellCheck={false} />
            </Form.Item>
          ) : null}
          <Form.Item name="name" label={say('name')} rules={[{ required: true, message: '' }]}>
            <Input autoComplete="username" spellCheck={false} />
          </Form.Item>
          <Form.Item
            name="password"
            label={say('password')}
            rules={[{ required: true, message: '' }, ...(unclaimed ? [{ min: 12, message: say('passwordShort') }] : [])]}
          >
            <Input.Password autoComplete={unclaimed ? 'new-password' : 'current-password'} />
          </Form.Item>
          <Button type="primary" htmlType="submit" block loading={busy}>
            {unclaimed ? say('create') : say('signIn')}
          </Button>
        </Form>
      </Card>
    </main>
  );
}

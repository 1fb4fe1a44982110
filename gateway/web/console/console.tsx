/** Who is here, and what they look at: sign-in, then one page at a time. */
import { Alert, Button, Layout, Menu, Result, Space, Spin } from 'antd';
import { useCallback, useEffect, useMemo, useState } from 'react';
import type { SessionView } from '../../domain/api.ts';
import { api, Problem } from '../shared/api.ts';
import { type Rights, rightsOf } from '../shared/rights.ts';
import { type School, useSchool } from '../shared/school.ts';
import type { Language, Say } from '../shared/texts.ts';
import { Alarms } from './alarms.tsx';
import { Devices } from './devices.tsx';
import { LiveView } from './live-view.tsx';
import { OverviewPage } from './overview.tsx';
import { PhonePolice } from './phone-police.tsx';
import { SignIn } from './sign-in.tsx';

export interface ConsoleProps {
  readonly say: Say;
  readonly language: Language;
  switchLanguage(): void;
}

type PageName = 'overview' | 'devices' | 'alarms' | 'live';
const pages: readonly PageName[] = ['overview', 'devices', 'alarms', 'live'];

/** `#alarms/<id>`: a page, and what is open on it. */
function placeNow(): { readonly page: PageName; readonly thing?: string } {
  const [, name, thing] = /^#(\w+)(?:\/(.+))?$/.exec(location.hash) ?? [];
  const page = pages.find((one) => one === name) ?? 'overview';
  return { page, ...(thing === undefined ? {} : { thing: decodeURIComponent(thing) }) };
}

export function Console(props: ConsoleProps) {
  const { say } = props;
  const [session, setSession] = useState<SessionView | 'none' | 'asking' | 'failed'>('asking');
  const ask = useCallback(() => {
    setSession('asking');
    api.session().then(setSession, (error) => setSession(error instanceof Problem && error.status === 401 ? 'none' : 'failed'));
  }, []);
  useEffect(ask, [ask]);

  if (session === 'asking') return <Spin fullscreen description={say('loading')} />;
  if (session === 'failed') return <Result status="error" title={say('wrong')} extra={<Button onClick={ask}>{say('retry')}</Button>} />;
  if (session === 'none') return <SignIn {...props} signedIn={setSession} />;
  return <Desk {...props} session={session} leave={() => setSession('none')} />;
}

function Desk({ say, language, switchLanguage, session, leave }: ConsoleProps & { readonly session: SessionView; leave(): void }) {
  const school = useSchool('console');
  const [{ page, thing }, setPlace] = useState(placeNow);
  const may = useMemo(() => rightsOf(session), [session]);
  useEffect(() => {
    const turn = () => setPlace(placeNow());
    addEventListener('hashchange', turn);
    return () => removeEventListener('hashchange', turn);
  }, []);
  useEffect(() => {
    if (school.signedOut) leave();
  }, [school.signedOut, leave]);

  return (
    <Layout className="desk">
      <Layout.Header className="desk-head">
        <strong className="desk-name">{school.overview?.campus.name ?? session.campus}</strong>
        <Menu
          mode="horizontal"
          className="desk-menu"
          selectedKeys={[page]}
          onClick={({ key }) => {
            location.hash = key;
          }}
          items={pages.map((key) => ({ key, label: say(key) }))}
        />
        <Space>
          <a href="/wall" target="_blank" rel="noreferrer">
            {say('openWall')}
          </a>
          <Button type="text" onClick={switchLanguage}>
            {say('language')}
          </Button>
          <span className="desk-user">{session.name}</span>
          <Button onClick={() => void api.signOut().finally(leave)}>{say('signOut')}</Button>
        </Space>
      </Layout.Header>
      <Layout.Content className={school.silence > 0 ? 'desk-body desk-stale' : 'desk-body'}>
        {school.silence > 0 ? <Alert type="warning" showIcon banner title={say('stale', { n: school.silence })} /> : null}
        {school.overview?.phone ? <PhonePolice linked phone={school.overview.phone} say={say} language={language} /> : null}
        <Page {...{ page, thing, school, say, language, may }} open={(id) => openThing(page, id)} />
      </Layout.Content>
    </Layout>
  );
}

function openThing(page: PageName, id: string | undefined): void {
  location.hash = id === undefined ? page : `${page}/${encodeURIComponent(id)}`;
}

export interface PageProps {
  readonly school: School;
  readonly say: Say;
  readonly language: Language;
  readonly may: Rights;
  /** Id of what is open on the page. */
  readonly thing: string | undefined;
  open(thing: string | undefined): void;
}

function Page({ page, ...props }: PageProps & { readonly page: PageName }) {
  switch (page) {
    case 'overview':
      return <OverviewPage {...props} />;
    case 'devices':
      return <Devices {...props} />;
    case 'alarms':
      return <Alarms {...props} />;
    case 'live':
      return <LiveView {...props} />;
  }
}

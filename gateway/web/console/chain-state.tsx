/** The proof that an alarm and what was done about it are as they were journalled: its link, and a look at the whole journal. */
import { Alert, Button } from 'antd';
import { useState } from 'react';
import type { ChainMark } from '../../domain/desk-api.ts';
import type { ChainReport } from '../../domain/ports.ts';
import { api } from '../shared/api.ts';
import { problemText } from '../shared/problem-text.ts';
import type { PageProps } from './console.tsx';

type Look = 'busy' | { readonly report: ChainReport } | { readonly failure: unknown };

export function ChainState({ mark, say, language, may }: Pick<PageProps, 'say' | 'language' | 'may'> & { readonly mark: ChainMark }) {
  const [look, setLook] = useState<Look>();
  const verify = () => {
    setLook('busy');
    api.chain().then(
      (report) => setLook({ report }),
      (failure: unknown) => setLook({ failure }),
    );
  };
  return (
    <section aria-label={say('chain')} data-testid="chain">
      <h3>{say('chain')}</h3>
      <Alert
        type={mark.intact ? (mark.link === undefined ? 'info' : 'success') : 'error'}
        showIcon
        title={say(mark.intact ? (mark.link === undefined ? 'chainNone' : 'chainIntact') : 'chainBroken')}
        description={
          <>
            {say('chainPosition', { n: mark.position })}
            {mark.link === undefined ? null : (
              <p className="hash">
                {say('chainLink')} SHA-256 {mark.link}
              </p>
            )}
          </>
        }
      />
      {may('GET /api/v1/journal/chain') ? (
        <p>
          <Button loading={look === 'busy'} onClick={verify}>
            {say('chainVerify')}
          </Button>
        </p>
      ) : (
        <p className="quiet">{say('chainNotYours')}</p>
      )}
      {look === undefined || look === 'busy' ? null : 'failure' in look ? (
        <Alert type="warning" showIcon title={problemText(look.failure, say, language)} />
      ) : (
        <Verdict report={look.report} say={say} />
      )}
    </section>
  );
}

function Verdict({ report: { position, broken }, say }: { readonly report: ChainReport; readonly say: PageProps['say'] }) {
  return broken ? (
    <Alert type="error" showIcon title={say(broken.what === 'altered' ? 'chainAlteredAt' : 'chainMissingAt', { n: broken.position })} />
  ) : (
    <Alert type="success" showIcon title={say('chainWhole', { n: position })} />
  );
}

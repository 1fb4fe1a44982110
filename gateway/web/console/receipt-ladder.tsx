/** How far an alarm has come: the hops on the box and on its screens, and one ladder per way to a platform. */
import { Tag, Timeline } from 'antd';
import type { AlarmView, ReceiptView, UplinkView } from '../../domain/api.ts';
import type { DeliveryStatus } from '../../domain/delivery.ts';
import { momentText } from '../shared/time-text.ts';
import type { PageProps } from './console.tsx';

type Say = PageProps['say'];
const onTheWay: readonly ReceiptView['hop'][] = ['sent', 'answered', 'confirmed', 'accepted'];
const colours = { pending: 'red', refused: 'orange', accepted: 'green', covered: 'default' } as const;

export function ReceiptLadder({ alarm, school, say }: Pick<PageProps, 'school' | 'say'> & { readonly alarm: AlarmView }) {
  const isAway = ({ hop, by }: ReceiptView) => by !== undefined && onTheWay.includes(hop);
  const ways = [...new Set([...alarm.deliveries.map(({ uplink }) => uplink as string), ...alarm.receipts.filter(isAway).map(({ by = '' }) => by)])];
  const rungs = (receipts: readonly ReceiptView[]) =>
    [...receipts]
      .sort((a, b) => a.at - b.at)
      .map((receipt) => ({
        key: `${receipt.hop} ${receipt.by ?? ''}`,
        color: receipt.hop === 'accepted' ? 'green' : 'blue',
        content: <Rung receipt={receipt} storedAt={Date.parse(alarm.journalledAt)} say={say} />,
      }));
  return (
    <section aria-label={say('receipts')} data-testid="ladder">
      <h3>{say('receipts')}</h3>
      <p className="quiet">{say('dispatchHelp')}</p>
      <div className="ways">
        <div>
          <h4>{say('gateway')}</h4>
          <Timeline items={rungs(alarm.receipts.filter((receipt) => !isAway(receipt)))} />
        </div>
        {ways.map((id) => {
          const uplink = school.overview?.uplinks.find((one) => one.id === id);
          const delivery = alarm.deliveries.find((one) => one.uplink === id);
          return (
            <div key={id}>
              <Way name={uplink?.name ?? id} uplink={uplink} delivery={delivery} say={say} />
              <Timeline
                items={[
                  ...rungs(alarm.receipts.filter((receipt) => isAway(receipt) && receipt.by === id)),
                  ...(delivery && (delivery.state !== 'accepted' || delivery.coveredBy !== undefined)
                    ? [{ key: 'owed', color: delivery.coveredBy === undefined ? 'red' : 'gray', content: <Owed delivery={delivery} say={say} /> }]
                    : []),
                ]}
              />
            </div>
          );
        })}
      </div>
      {ways.length === 0 ? <p className="quiet">{say('noWay')}</p> : null}
    </section>
  );
}

interface WayProps {
  readonly name: string;
  readonly uplink: UplinkView | undefined;
  readonly delivery: DeliveryStatus | undefined;
  readonly say: Say;
}

function Way({ name, uplink, delivery, say }: WayProps) {
  const state = delivery && (delivery.coveredBy === undefined ? delivery.state : 'covered');
  return (
    <h4>
      {name} {uplink ? <Tag>{say(uplink.role ?? 'primary')}</Tag> : null}
      {state ? <Tag color={colours[state]}>{say(`way.${state}`)}</Tag> : null}
    </h4>
  );
}

/** One hop: when, what, by which way, with what proof. Times since it was stored, as that is the promise to the panel. */
function Rung({ receipt, storedAt, say }: { readonly receipt: ReceiptView; readonly storedAt: number; readonly say: Say }) {
  const { hop, at, path, screen, proof, trust } = receipt;
  const since = at - storedAt;
  return (
    <>
      {momentText(at)}.{String(at % 1_000).padStart(3, '0')} <strong>{say(hop)}</strong> {onTheWay.includes(hop) ? '' : path}{' '}
      {screen ? say(screen) : ''}
      <span className="quiet">
        {' '}
        {proof} {trust && trust !== 'ok' ? say('clockNotTrusted') : ''} {since > 0 ? say('sinceStored', { ms: since }) : ''}
      </span>
    </>
  );
}

function Owed({ delivery, say }: { readonly delivery: DeliveryStatus; readonly say: Say }) {
  const { state, attempts, reason, nextTryAt, coveredBy } = delivery;
  if (coveredBy !== undefined) return say('coveredBy', { name: coveredBy });
  return (
    <>
      <strong>{say(state === 'refused' ? 'refused' : 'undelivered')}</strong> {say('tries', { n: attempts })}
      <span className="quiet">
        {' '}
        {reason} {nextTryAt === undefined ? '' : say('nextTry', { at: momentText(nextTryAt) })}
      </span>
    </>
  );
}

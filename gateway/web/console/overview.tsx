/** Is all well? One sentence, three numbers, the uplinks, and what needs somebody. */
import { Card, Col, Empty, List, Row, Skeleton, Statistic, Tag } from 'antd';
import { StateMark } from '../shared/state-mark.tsx';
import { momentText } from '../shared/time-text.ts';
import type { PageProps } from './console.tsx';

export function OverviewPage({ school, say, language }: PageProps) {
  const { overview } = school;
  if (!overview) return <Skeleton active />;
  return (
    <div className="page">
      <h1 className={`verdict verdict-${overview.state}`} data-testid="verdict">
        <StateMark state={overview.state} say={say} /> {overview.verdict[language]}
      </h1>
      <Row gutter={[16, 16]}>
        <Figure title={say('cameras')} value={overview.cameras.normal} of={overview.cameras.total} />
        <Figure title={say('panels')} value={overview.panels.normal} of={overview.panels.total} />
        <Figure title={say('openAlarms')} value={overview.openAlarms} />
        <Figure title={say('openFaults')} value={overview.openFaults} />
      </Row>
      <Row gutter={[16, 16]}>
        <Col xs={24} lg={12}>
          <Card title={say('uplinks')}>
            <List
              dataSource={[...overview.uplinks]}
              locale={{ emptyText: <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} /> }}
              renderItem={(uplink) => (
                <List.Item>
                  <List.Item.Meta
                    title={
                      <>
                        {uplink.name} {uplink.role ? <Tag>{say(uplink.role)}</Tag> : null} <StateMark state={uplink.state} say={say} />
                      </>
                    }
                    description={
                      <>
                        {uplink.link?.sentence?.[language] ??
                          `${say('lastAccepted')}: ${uplink.acceptedAt ? momentText(uplink.acceptedAt) : say('never')}${
                            uplink.latency === undefined ? '' : ` · ${uplink.latency} ms`
                          }`}
                        {uplink.standsInFor ? <div>▲ {say('standsInFor', { names: uplink.standsInFor.join('、') })}</div> : null}
                        {uplink.link?.doubts?.map((doubt) => (
                          <div key={doubt.en}>▲ {doubt[language]}</div>
                        ))}
                      </>
                    }
                  />
                  <span>
                    {uplink.pending} {say('pending')} · {uplink.refused} {say('refused')}
                  </span>
                </List.Item>
              )}
            />
          </Card>
        </Col>
        <Col xs={24} lg={12}>
          <Card title={say('needsYou')}>
            {overview.openAlarms > 0 ? (
              <p>
                <a href="#alarms">{say('alarmsNeedYou', { n: overview.openAlarms })}</a>
              </p>
            ) : null}
            {overview.openAlarms + overview.needsYou.length === 0 ? <p className="quiet">{say('nothingNeedsYou')}</p> : null}
            {overview.needsYou.length === 0 ? null : (
              <List
                dataSource={[...overview.needsYou]}
                renderItem={(fault) => (
                  <List.Item>
                    <List.Item.Meta
                      title={`${fault.subjectName} — ${fault.title[language]}`}
                      description={`${fault.sentence[language]} (${say('since')} ${momentText(fault.since)})`}
                    />
                  </List.Item>
                )}
              />
            )}
          </Card>
        </Col>
      </Row>
    </div>
  );
}

function Figure({ title, value, of }: { readonly title: string; readonly value: number; readonly of?: number }) {
  return (
    <Col xs={12} md={6}>
      <Card>
        <Statistic title={title} value={value} {...(of === undefined ? {} : { suffix: `/ ${of}` })} />
      </Card>
    </Col>
  );
}

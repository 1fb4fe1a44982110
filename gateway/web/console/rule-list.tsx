/** A list of rules with what is done to them: the same for panels and for cameras. */
import { Alert, Button, Popconfirm, Space, Table } from 'antd';
import { type ReactNode, useState } from 'react';
import { problemText } from '../shared/problem-text.ts';
import type { Language, Say } from '../shared/texts.ts';

export interface RuleRow {
  readonly key: string;
  readonly condition: ReactNode;
  readonly change: ReactNode;
}

interface RuleListProps {
  readonly rows: readonly RuleRow[];
  /** Heads the column of what it makes. */
  readonly becomes: string;
  readonly none: string;
  readonly say: Say;
  readonly language: Language;
  edit(key: string): void;
  add(): void;
  /** Rejects with what the gateway refuses. */
  remove(key: string): Promise<void>;
}

export function RuleList({ rows, becomes, none, say, language, edit, add, remove }: RuleListProps) {
  const [failure, setFailure] = useState<unknown>();
  return (
    <>
      {failure === undefined ? null : <Alert type="error" showIcon title={problemText(failure, say, language)} className="gap" />}
      <Table<RuleRow>
        rowKey="key"
        size="small"
        pagination={false}
        className="gap"
        scroll={{ x: 560 }}
        dataSource={[...rows]}
        locale={{ emptyText: none }}
        columns={[
          { title: say('ruleWhen'), dataIndex: 'condition' },
          { title: becomes, dataIndex: 'change' },
          {
            title: '',
            width: 170,
            render: (_, { key }) => (
              <Space>
                <Button size="small" onClick={() => edit(key)}>
                  {say('edit')}
                </Button>
                <Popconfirm
                  title={say('removeRuleSure')}
                  okText={say('removeRule')}
                  cancelText={say('cancel')}
                  onConfirm={() => {
                    setFailure(undefined);
                    return remove(key).catch(setFailure);
                  }}
                >
                  <Button size="small" danger>
                    {say('removeRule')}
                  </Button>
                </Popconfirm>
              </Space>
            ),
          },
        ]}
      />
      <Button onClick={add}>{say('addRule')}</Button>
    </>
  );
}

/** Brings a SQLite file up to this build's schema: numbered steps, each applied once, all of them in one transaction or none. */
import type { Database } from 'better-sqlite3';
import { GatewayError } from '../domain/errors.ts';

export interface Schema {
  /** As a sentence begins with it, for example `The journal`. */
  readonly name: string;
  /** One entry per version; never changed once released. */
  readonly migrations: readonly string[];
}

/** Throws DATA_TOO_NEW for a file that a later build wrote, or SQLite's own error; the file is then as it was. */
export function migrate(database: Database, { name, migrations }: Schema): void {
  const supported = migrations.length;
  const upgrade = database.transaction(() => {
    // Read inside: another process may be upgrading the same file.
    const version = Number(database.pragma('user_version', { simple: true }));
    if (version > supported) {
      throw new GatewayError(
        'DATA_TOO_NEW',
        `${name} is of version ${version}, this build reads up to ${supported}: a newer build has used this data folder.`,
        { context: { version, supported } },
      );
    }
    if (version === supported) return;
    for (const statements of migrations.slice(version)) database.exec(statements);
    database.pragma(`user_version = ${supported}`);
  });
  upgrade.immediate();
}

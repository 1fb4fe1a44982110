// What the test runs said: the failed tests by name, then one plain line. A file that failed once and passed alone is named too: it is a bug to be mended, but not in what was to be proved.
//   node verdict.mjs files FIRST.json          the files that failed, one a line; none where more than five did: that is no accident
//   node verdict.mjs FIRST.json [SECOND.json]  the verdict
import { existsSync, readFileSync } from 'node:fs';
import { relative } from 'node:path';

const read = (path) => (path && existsSync(path) ? readFileSync(path, 'utf8') : '');
const report = (path) => JSON.parse(read(path) || '{"testResults":[]}');

const failedFiles = ({ testResults }) => testResults.filter(({ status }) => status !== 'passed');

function* failures(run) {
  for (const file of failedFiles(run)) {
    const name = relative(process.cwd(), file.name);
    const failed = file.assertionResults.filter(({ status }) => status === 'failed');
    if (failed.length === 0) yield `${name}: ${file.message || 'could not be collected'}`;
    for (const { fullName, failureMessages } of failed)
      yield `${name} > ${fullName}\n    ${failureMessages.join('\n').split('\n').slice(0, 4).join('\n    ')}`;
  }
}

const count = ({ testResults }, wanted) =>
  testResults.flatMap(({ assertionResults }) => assertionResults).filter(({ status }) => status === wanted).length;

const [verb, path] = process.argv.slice(2);
if (verb === 'files') {
  const files = failedFiles(report(path));
  if (files.length <= 5) for (const { name } of files) console.log(relative(process.cwd(), name));
} else {
  const [first, second] = process.argv.slice(2).map(report);
  for (const line of failures(first)) console.log(`FAILED ${line}`);
  const again = new Map(second?.testResults.map((file) => [file.name, file]));
  for (const file of again.values())
    console.log(`${file.status === 'passed' ? 'passed' : 'FAILED'} on the second try, alone: ${relative(process.cwd(), file.name)}`);
  const last = { testResults: first.testResults.map((file) => again.get(file.name) ?? file) };
  console.log(`${count(last, 'passed')} passed, ${count(last, 'failed')} failed`);
  if (count(last, 'passed') === 0) process.exit(1);
}

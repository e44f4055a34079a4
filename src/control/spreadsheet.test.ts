import { inflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { PeerRow } from './protocol.ts';
import { spreadsheet, toCsv, toXlsx } from './spreadsheet.ts';
import { connectedTunnel, sampleTunnel } from './testing/fake-gateway.ts';

const peer = (changes: Partial<PeerRow> = {}): PeerRow => ({
  name: 'idc',
  address: '203.0.113.7',
  labels: { env: 'prod', team: 'Red' },
  remarks: '',
  tunnels: 2,
  connected: 1,
  ...changes,
});

describe('a list as CSV', () => {
  it('has a heading, and one line for each row', () => {
    expect(toCsv(spreadsheet('peers', [peer()]))).toBe(
      'name,address,tunnels,connected,labels,remarks\r\nidc,203.0.113.7,2,1,env=prod team=Red,\r\n',
    );
    const rows = [connectedTunnel('idc'), sampleTunnel({ name: 'b' })].map((one) => ({
      ...one,
      labels: {},
      remarks: '',
    }));
    const [heading, first, second] = toCsv(spreadsheet('tunnels', rows)).split('\r\n');
    expect(heading).toMatch(/^name,gateway,peer,state,/);
    expect(first).toContain('10.0.192.0/20,10.23.0.0/16 10.25.0.0/16,35328,1536');
    expect(second).toMatch(/^b,gw1,idc-peer,waiting,/);
  });

  it.each([
    ['a, b', '"a, b"'],
    ['say "hi"', '"say ""hi"""'],
    ['two\nlines', '"two\nlines"'],
    ['=1+1', "'=1+1"],
    ['+49 30', "'+49 30"],
    ['-x', "'-x"],
    ['@SUM(A1)', "'@SUM(A1)"],
    ['\tx', "'\tx"],
    ['=HYPERLINK("http://x","y")', `"'=HYPERLINK(""http://x"",""y"")"`],
    ['a=b', 'a=b'],
  ])('the remark %j becomes %j', (remarks, cell) => {
    expect(toCsv(spreadsheet('peers', [peer({ remarks })])).split('\r\n')[1]).toBe(
      `idc,203.0.113.7,2,1,env=prod team=Red,${cell}`,
    );
  });
});

/** The files of a zip archive, by way of its local headers. */
function unzip(archive: Buffer): Map<string, string> {
  const files = new Map<string, string>();
  const end = archive.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'));
  let at = archive.readUInt32LE(end + 16);
  for (let left = archive.readUInt16LE(end + 10); left > 0; left--) {
    const [method, size, nameLength] = [
      archive.readUInt16LE(at + 10),
      archive.readUInt32LE(at + 20),
      archive.readUInt16LE(at + 28),
    ];
    const local = archive.readUInt32LE(at + 42);
    const name = archive.toString('utf8', at + 46, at + 46 + nameLength);
    const start = local + 30 + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28);
    const data = archive.subarray(start, start + size);
    files.set(name, (method === 0 ? data : inflateRawSync(data)).toString('utf8'));
    at += 46 + nameLength + archive.readUInt16LE(at + 30) + archive.readUInt16LE(at + 32);
  }
  return files;
}

describe('a list as XLSX', () => {
  it('is a workbook with texts as texts and numbers as numbers, and without a formula', async () => {
    const files = unzip(await toXlsx(spreadsheet('peers', [peer({ remarks: '=1+1 & <more>' })]), 'peers'));
    const sheet = files.get('xl/worksheets/sheet1.xml') ?? '';
    const texts = [...files.values()].join('\n');
    expect(texts).toContain('=1+1 &amp; &lt;more&gt;');
    expect(sheet).not.toMatch(/<f[ >]/);
    expect(sheet).toMatch(/<v>2<\/v>/);
    expect(files.get('xl/workbook.xml')).toContain('name="peers"');
  });
});

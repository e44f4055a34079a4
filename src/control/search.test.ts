import { describe, expect, it } from 'vitest';
import { searchRows } from './search.ts';

const rows = [
  { name: 'idc-prod', address: '10.0.0.1', labels: { env: 'prod' }, remarks: '' },
  { name: 'dc2', address: '10.0.0.2', labels: { env: 'test', team: 'Red' }, remarks: 'spare' },
];

const found = (query?: string) => searchRows(rows, query).map(({ name }) => name);

describe('the search of lists', () => {
  it('finds all without a query', () => {
    expect([found(), found('  ')]).toEqual([
      ['idc-prod', 'dc2'],
      ['idc-prod', 'dc2'],
    ]);
  });

  it('looks in every text, whatever the case, and wants every word', () => {
    expect(found('DC')).toEqual(['idc-prod', 'dc2']);
    expect(found('red')).toEqual(['dc2']);
    expect(found('10.0.0.1')).toEqual(['idc-prod']);
    expect(found('dc spare')).toEqual(['dc2']);
    expect(found('dc2 prod')).toEqual([]);
  });

  it('takes what is nearly meant where nothing has the words, and nothing that is far from it', () => {
    expect(found('icd-prod')).toEqual(['idc-prod']);
    expect(found('sparre')).toEqual(['dc2']);
    expect(found('tets')).toEqual(['dc2']);
    expect(found('prdo idc')).toEqual(['idc-prod']);
    expect(found('munich')).toEqual([]);
    expect(found('10.99.0.7')).toEqual([]);
    expect(searchRows([{ name: 'öffentlich' }, { name: '数据中心' }], 'öfentlich')).toEqual([{ name: 'öffentlich' }]);
    expect(found('((*')).toEqual([]);
  });
});

import type { Fact } from '../facts.ts';
import type { Firewall } from '../firewall/firewall.ts';
import { parseIptablesSave } from '../firewall/iptables-save.ts';
import { parseNftRuleset } from '../firewall/nft-ruleset.ts';
import type { RunTool } from './tool.ts';

/** The rules of nft, and those of iptables for both families. A tool that is not there is not asked in vain: it is told. */
export async function readFirewalls(run: RunTool): Promise<Fact<Firewall>[]> {
  const [nft, ip, ip6] = await Promise.all([
    run('nft', ['-j', 'list', 'ruleset']),
    run('iptables-save', []),
    run('ip6tables-save', []),
  ]);
  const tables = [
    parsed(ip, (text) => parseIptablesSave(text, 'iptables')),
    parsed(ip6, (text) => parseIptablesSave(text, 'ip6tables')),
  ];
  return [parsed(nft, (text) => parseNftRuleset(JSON.parse(text))), ...tables].map((fact, index) =>
    index === 0 && fact.known && ip.known && ip.value.includes(NFT_MARK) ? withoutIptables(fact) : fact,
  );
}

/** `iptables-save` says so where its rules are nft's, which nft then lists as well, but understands less of. */
const NFT_MARK = '(nf_tables)';
const TABLES_OF_IPTABLES = /^ip6? (raw|mangle|nat|filter|security)$/;

function withoutIptables(fact: Fact<Firewall> & { readonly known: true }): Fact<Firewall> {
  const chains = fact.value.chains.filter(({ table }) => !TABLES_OF_IPTABLES.test(table));
  return { ...fact, value: { ...fact.value, chains } };
}

function parsed(printed: Fact<string>, parse: (text: string) => Firewall): Fact<Firewall> {
  if (!printed.known) return printed;
  try {
    return { ...printed, value: parse(printed.value) };
  } catch {
    return { known: false, source: printed.source, why: 'what it printed is not understood' };
  }
}

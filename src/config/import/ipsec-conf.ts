import { proposalsOf } from './algorithms.ts';
import { ikeInMode } from './child-mode.ts';
import { closeActionOf } from './close-action.ts';
import type { ForeignTunnel, Rest } from './foreign-tunnel.ts';
import { pinned } from './foreign-tunnel.ts';
import { childOf } from './ipsec-conf-child.ts';
import { endOf } from './ipsec-conf-ends.ts';
import { CONN_KEYS, connKeyRule } from './ipsec-conf-keys.ts';
import type { Conn, Get, IpsecConf } from './ipsec-conf-sections.ts';
import { applyRules, CERTIFICATES, EAP } from './key-rules.ts';
import type { SharedKey } from './shared-keys.ts';
import { findKey, isAddressOwner } from './shared-keys.ts';
import { mapOf } from './value-tree.ts';
import type { Remarks, Written } from './written.ts';

/** The conns of an ipsec.conf that strongSwan would load, in the terms of our configuration. */
export function ipsecConfTunnels(
  { conns, templates, others }: IpsecConf,
  keys: readonly SharedKey[],
  remarks: Remarks,
): ForeignTunnel[] {
  for (const { type, name, settings } of others) {
    if (type === 'ca') remarks.note(name.position, 'a section ca is ignored: certificates are not used');
    else if (settings.length > 0)
      remarks.note(name.position, "config setup is ignored: it is of strongSwan's own daemons");
  }
  return conns.filter((conn) => isLoaded(conn, templates, remarks)).flatMap((conn) => tunnelOf(conn, keys, remarks));
}

const STARTS: ReadonlyMap<string, string> = new Map([
  ['start', 'initiate'],
  ['up', 'initiate'],
  ['add', 'respond'],
  ['keep', 'respond'],
  ['route', 'on-traffic'],
  ['ondemand', 'on-traffic'],
]);

/** What is not to be loaded is mostly there for others to be like. */
function isLoaded({ name, settings }: Conn, templates: ReadonlySet<string>, remarks: Remarks): boolean {
  const auto = settings.get('auto')?.value;
  if (auto !== undefined && auto.text !== 'ignore') return true;
  if (!templates.has(name.text))
    remarks.note((auto ?? name).position, `conn ${name.text} is left out: without auto= strongSwan does not load it`);
  return false;
}

function tunnelOf(conn: Conn, keys: readonly SharedKey[], remarks: Remarks): ForeignTunnel[] {
  const { name, settings } = conn;
  applyRules(settings.values(), connKeyRule, CONN_KEYS, remarks);
  const get: Get = (key) => settings.get(key)?.value;
  requirePreSharedKey(name, get, remarks);
  const version = versionOf(name, get, remarks);
  const [local, remote] = [endOf('left', name, get, remarks), endOf('right', name, get, remarks)];
  if (local === undefined || remote === undefined) return [];
  const key = findKey(keys, namesOf(local), namesOf(remote));
  if (key === undefined) {
    remarks.refuse(name.position, 'no pre-shared key is for both of its ends; write one into ipsec.secrets');
    return [];
  }
  const aggressive = get('aggressive') ?? get('aggrmode');
  const mode = aggressive?.text === 'yes' ? 'aggressive' : 'main';
  if (version.text === '1' && mode === 'main' && key.owners.length > 0 && !key.owners.some(isAddressOwner))
    remarks.note(
      key.secret.position,
      'strongSwan finds a key of IKEv1 in main mode by address, before it knows the identity: name the addresses too',
    );
  const rest: Rest = {
    start: startOf(name, get, remarks),
    closeAction: closeActionOf(
      get('closeaction'),
      { start: get('auto') ?? name, anywhere: isAnywhere(get('right')) },
      remarks,
    ),
    ike: ikeInMode(ikeOf(name, version, mode, get, remarks), get('type'), remarks),
    ipsec: childOf(name, version.text === '1' ? 1 : 2, get, remarks),
    dpd: dpdOf(name, get, remarks),
    retry: retryOf(name, get),
  };
  return [{ name, local, remote, psk: key.secret, rest: mapOf(name.position, rest) }];
}

function namesOf({ addresses, id }: ForeignTunnel['local']): string[] {
  return [...(id === undefined ? [] : [id.text]), ...addresses.map(({ text }) => text)];
}

const PRE_SHARED: ReadonlySet<string> = new Set(['psk', 'secret']);

/** strongSwan's default is a certificate, so that silence says so, too. */
function requirePreSharedKey(name: Written, get: Get, remarks: Remarks): void {
  const by = get('authby');
  for (const auth of [get('leftauth') ?? by, get('rightauth') ?? by]) {
    if (auth === undefined)
      remarks.refuse(name.position, 'authby is not written, and its default is certificates; write authby=secret');
    else if (!PRE_SHARED.has(auth.text))
      remarks.refuse(auth.position, /^(eap|xauth)/.test(auth.text) ? EAP : CERTIFICATES);
  }
}

const VERSIONS: ReadonlyMap<string, '1' | '2'> = new Map([
  ['ikev1', '1'],
  ['ikev2', '2'],
  // libreswan's own key
  ['insist', '2'],
  ['yes', '2'],
  ['propose', '2'],
  ['no', '1'],
  ['never', '1'],
]);

function versionOf(name: Written, get: Get, remarks: Remarks): Written {
  const written = get('keyexchange');
  const chosen = written === undefined || written.text === 'ike' ? (get('ikev2') ?? written) : written;
  const version = VERSIONS.get(chosen?.text ?? '');
  if (version !== undefined) return pinned(chosen ?? name, version);
  if (chosen === undefined || chosen.text === 'ike')
    remarks.note((chosen ?? name).position, 'keyexchange=ike takes IKEv1 as well; here it is IKEv2 alone');
  else remarks.refuse(chosen.position, 'the version of IKE is ikev1 or ikev2');
  return pinned(chosen ?? name, '2');
}

function startOf(name: Written, get: Get, remarks: Remarks): Written {
  const auto = get('auto') ?? name;
  const start = STARTS.get(auto.text);
  if (start === undefined) remarks.refuse(auto.position, 'auto is one of start, add, route and ignore');
  // A peer of any address cannot be called: strongSwan waits for it, too.
  return pinned(auto, isAnywhere(get('right')) ? 'respond' : (start ?? 'respond'));
}

function isAnywhere(right: Written | undefined): boolean {
  return right === undefined || ['%any', '%any4', '%any6', '0.0.0.0', '::'].includes(right.text);
}

function ikeOf(name: Written, version: Written, mode: 'main' | 'aggressive', get: Get, remarks: Remarks) {
  const reauth = get('reauth');
  const mobike = get('mobike');
  const ike = get('ike') ?? pinned(name, 'default');
  const second = version.text === '2';
  return mapOf(name.position, {
    version,
    mode: second ? undefined : pinned(get('aggressive') ?? version, mode),
    proposals: proposalsOf(ike, 'ike', second ? 2 : 1, remarks),
    lifetime: get('ikelifetime') ?? pinned(name, '3h'),
    reauthenticate: second ? pinned(reauth ?? name, String(reauth?.text !== 'no')) : undefined,
    mobike: second ? pinned(mobike ?? name, String(mobike?.text !== 'no')) : undefined,
  });
}

/** strongSwan asks nothing where it is not told to; here a peer is always asked. */
function dpdOf(name: Written, get: Get, remarks: Remarks) {
  const action = get('dpdaction');
  const meant = DPD_ACTIONS.get(action?.text ?? 'none');
  if (meant === undefined && action !== undefined && action.text !== 'none')
    remarks.refuse(action.position, 'dpdaction is one of none, clear, hold and restart');
  else if (meant === undefined)
    remarks.note(
      (action ?? name).position,
      'dpdaction=none asks no peer whether it lives; here it is asked after dpddelay',
    );
  const anywhere = isAnywhere(get('right'));
  return mapOf(name.position, {
    delay: get('dpddelay') ?? pinned(name, '30s'),
    timeout: get('dpdtimeout') ?? pinned(name, '150s'),
    action: pinned(action ?? name, anywhere ? 'clear' : (meant ?? 'clear')),
  });
}

const DPD_ACTIONS: ReadonlyMap<string, string> = new Map([
  ['clear', 'clear'],
  ['hold', 'hold'],
  ['trap', 'hold'],
  ['restart', 'restart'],
]);

/** A number of attempts is shown as such; Cygnet never gives up, whatever is written. */
function retryOf(name: Written, get: Get) {
  const tries = get('keyingtries') ?? pinned(name, '3');
  return /^[1-9]\d?$/.test(tries.text) ? mapOf(name.position, { attempts: tries }) : undefined;
}

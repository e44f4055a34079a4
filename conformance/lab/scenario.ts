import type { Meanings } from './vici-answers.ts';

/**
 * What a conformance scenario is: one file of data under conformance/scenarios/<suite>/<name>.scenario.ts whose default
 * export is a Scenario, or a list of them for a table of variants. docs/conformance.md tells how to write one.
 */

export type Scenario = {
  /** Only in a list: the row's name, appended to the file's. */
  readonly name?: string;
  /** One sentence that says what holds when the scenario passes. */
  readonly title: string;
  /** The clauses it shows, such as `RFC 7296 §2.6`. */
  readonly rfc: readonly string[];
  readonly topology: Topology;
  readonly a: Gateway;
  readonly b: Gateway;
  readonly c?: Gateway;
  /** Which gateways run before the first step, in this order; b, c, then a, where not given. */
  readonly start?: readonly SideName[];
  /** Actions and expectations in their order; the first one that fails ends the scenario. */
  readonly steps: readonly Step[];
};

export type SideName = 'a' | 'b' | 'c';

/** Gateways with one router between them that knows only their outer addresses. */
export type Topology = {
  readonly a: Site;
  readonly b: Site;
  /** A third gateway, which has a for its peer as b has. */
  readonly c?: Site;
  /** Address that the router puts in the place of b's and c's towards a: behind NAT, only they can open the way. */
  readonly natOfB?: string;
  /** The same for a's; from outside, the ports of IKE lead to a. */
  readonly natOfA?: string;
  /** What the router drops from the beginning on, as matches of iptables: `-p udp --dport 4500`. */
  readonly drops?: readonly string[];
  /** Bytes, of the links between the router and the gateways; 1500 where not given. */
  readonly mtu?: number;
  /** Gateways drop what comes by another interface than the way back to its source. The kernel's ESP works without it. */
  readonly reversePathFilter?: 'strict';
};

export type Site = {
  /** The gateway's outer address. */
  readonly address: string;
  /** The gateway's own address in each of its segments, with the segment's prefix length. */
  readonly inner: readonly string[];
  /** A host of the first segment in a namespace of its own, so that the gateway forwards instead of terminating. */
  readonly client?: string;
};

export type Gateway =
  | { readonly cygnet: CygnetSetup }
  | { readonly strongswan: StrongswanSetup }
  /** Cygnet without a tunnel of its own, loaded, driven and asked by swanctl as strongSwan is. */
  | { readonly loaded: LoadedSetup };

export type CygnetSetup = {
  /** YAML text, or an object that is written as JSON (which YAML 1.2 contains). */
  readonly configuration: string | object;
  /** The tunnel that steps and expectations speak of. */
  readonly tunnel: string;
  /** What the configuration has for `dataplane`; the kernel where not given. */
  readonly dataplane?: Carrier;
};

/** What carries a gateway's packets. */
export type Carrier = 'kernel' | 'userspace';

/** What swanctl loads. */
export type SwanctlData = {
  readonly swanctl: Section;
  /** The Child SAs that make the tunnel, and that `up` initiates one after the other. */
  readonly children: readonly string[];
};

export type LoadedSetup = SwanctlData;

export type StrongswanSetup = SwanctlData & {
  /** In the place of `swanctl`: what Cygnet on side a, which has to run first, exports of its tunnel in this format. */
  readonly exported?: 'swanctl' | 'ipsec.conf';
  /** charon's plugins that come before those that every one has. */
  readonly plugins?: readonly string[];
  /** Settings below `charon` of strongswan.conf. */
  readonly charon?: Section;
};

/** strongSwan's configuration language: nested sections of settings. */
export type Section = { readonly [key: string]: string | number | boolean | Section };

export type Step = Action | Expectation;

export type Action =
  /** `kill` gives the daemon no time to say goodbye; `power-off` takes what its kernel had as well. */
  | { readonly do: 'start' | 'stop' | 'kill' | 'power-off'; readonly on: SideName }
  /** `cygnet up` or `swanctl --initiate`; its exit status must be zero or, for `fails`, not zero. */
  | { readonly do: 'up' | 'down'; readonly on: SideName; readonly fails?: true }
  /** The gateway puts new SAs in the place of its present ones. IKEv1 negotiates phase 1, or each Child SA, anew. */
  | { readonly do: 'rekey'; readonly on: SideName; readonly what: SaKind }
  /** `swanctl --load-all` once more, of the same file; what is loaded already stays as it is. */
  | { readonly do: 'load'; readonly on: SideName }
  /** Asks swanctl, for `asked-alike` to compare; its exit status must be zero or, for `fails`, not zero. */
  | { readonly do: 'ask'; readonly on: SideName; readonly of: readonly string[]; readonly fails?: true }
  /** swanctl tells of what happens at a and at b, until `heard-alike`. */
  | { readonly do: 'listen' }
  /** swanctl has its daemon delete its Child SAs, or one of them; strongSwan keeps the IKE SA. */
  | { readonly do: 'delete-children'; readonly on: SideName; readonly only?: string }
  /** The gateway loses its outer address and gets another one of the same subnet; the router delivers to that. */
  | { readonly do: 'move'; readonly on: SideName; readonly to: string }
  /**
   * From now on, the router sends each packet towards a side twice, or inverts a bit of so many in a hundred; `leave-alone`
   * ends it.
   */
  | { readonly do: 'duplicate' | 'leave-alone'; readonly towards: SideName }
  | { readonly do: 'corrupt'; readonly towards: SideName; readonly percent: number }
  /** The router sends a side's last packets of ESP in UDP once more, from its own address, as they were seen or changed. */
  | { readonly do: 'resend'; readonly towards: SideName; readonly as: 'seen' | 'changed'; readonly count: number }
  /** From `blackhole` to `unblock` the router drops whatever comes. */
  | { readonly do: 'blackhole' | 'unblock' }
  /** The NAT in front of b forgets its mappings, and gives b another port (see `reboundPort` of router.ts). */
  | { readonly do: 'rebind-nat' }
  /** One ping from the first segment of a to that of b, whatever becomes of it. */
  | { readonly do: 'ping' }
  /** A ping every 50 ms from the first segment of a to that of b, or the other way, until `none-lost` ends it. */
  | { readonly do: 'keep-pinging'; readonly from?: 'b' }
  /** Takes note of the SPIs of all gateways, for `spis` to compare with. */
  | { readonly do: 'remember-spis' }
  /** Opens IKE SAs that are never continued, from the other side's address and one port each. */
  | { readonly do: 'half-open'; readonly towards: SideName; readonly count: number }
  /** Writes a command and what it says to the scenario's transcript; `cygnet` talks to the side's daemon. */
  | { readonly do: 'show'; readonly on: SideName; readonly command: readonly string[] }
  /** A program of the lab in Python, which gets strongSwan's client library, a side's vici socket and these words. */
  | { readonly do: 'python'; readonly on: SideName; readonly program: string; readonly args: readonly string[] }
  /** An SA, a policy and a route that belong to nobody in the scenario. */
  | { readonly do: 'foreign-state'; readonly on: SideName };

/** The IKE SA, or the Child SAs. */
export type SaKind = 'ike' | 'children';

export type Expectation =
  /** The gateway itself says that the tunnel is up. */
  | { readonly expect: 'connected'; readonly on: SideName | 'both' }
  /** `cygnet status --json` comes to contain this, of the scenario's tunnel or of another one. */
  | { readonly expect: 'status'; readonly on: SideName; readonly tunnel?: string; readonly contains: object }
  /**
   * `cygnet diagnose --json` comes to contain this, and `cygnet diagnose` says these words; what it says is the same in both,
   * and every place that it names is one in the configuration.
   */
  | { readonly expect: 'diagnosis'; readonly on: SideName; readonly contains: object; readonly says: readonly string[] }
  | { readonly expect: 'exit-status'; readonly on: SideName; readonly of: readonly string[]; readonly is: number }
  | PingExpectation
  /** At least so many pings of `keep-pinging` were answered, and none, or only so many, were not; ends them. */
  | { readonly expect: 'none-lost'; readonly atLeast: number; readonly butFor?: number }
  /** A TCP connection from the first segment of a to that of b carries so many bytes there and back. */
  | { readonly expect: 'tcp'; readonly bytes: number }
  /** Counters of the SAs: at least so many packets each way, the same on both sides and in `cygnet status`. */
  | { readonly expect: 'counters'; readonly packets: number }
  /** SPIs that the gateways come to report are each other's and all that is installed, with the same keys in kernels. */
  | { readonly expect: 'same-spis'; readonly children?: number }
  /** Every gateway comes to have as many others as were remembered, or still has just the remembered ones. */
  | { readonly expect: 'spis'; readonly of: SaKind; readonly are: 'new' | 'same' }
  /** A gateway comes to have so many, in whatever state. */
  | { readonly expect: 'sa-count'; readonly on: SideName; readonly of: SaKind; readonly is: number }
  /** Every SA of the kernels that carry packets names these algorithms, or has these flags. */
  | { readonly expect: 'kernel-algorithms' | 'kernel-flags'; readonly names: readonly string[] }
  /** The data plane of a side has counted at least so many packets that it refused for this, by the kernel's names. */
  | { readonly expect: 'refused-packets'; readonly on: SideName; readonly counter: string; readonly atLeast: number }
  /** Only IPsec and IKE between the gateways, and nowhere the pattern of the pings (AH does not hide it). */
  | { readonly expect: 'sealed'; readonly authenticatedOnly?: true }
  /** What comes in clear from elsewhere, as from the first segment of b, does not reach that of a. */
  | { readonly expect: 'kept-out' }
  /** The router saw at least so many packets that the tcpdump filter accepts. */
  | { readonly expect: 'captured'; readonly filter: string; readonly atLeast: number }
  /** The router has seen none so far. */
  | { readonly expect: 'never-captured'; readonly filter: string }
  /** No SA of a side, or of both, and no protecting policy in its kernel. */
  | { readonly expect: 'nothing-installed'; readonly on: SideName | 'both' }
  /** Nothing at all of the gateway's is left: SAs, policies, routes and their rules, links. */
  | { readonly expect: 'nothing-left'; readonly on: SideName }
  | { readonly expect: 'foreign-untouched'; readonly on: SideName }
  /** Whether the packets of every program of the machine have a route to there. */
  | { readonly expect: 'route'; readonly on: SideName; readonly to: string; readonly present: boolean }
  | { readonly expect: 'log'; readonly on: SideName; readonly matches: string }
  /** What swanctl, asked of a side's daemon, comes to print has these regular expressions in it, and not those. */
  | {
      readonly expect: 'swanctl';
      readonly on: SideName;
      readonly of: readonly string[];
      readonly matches: readonly string[];
      readonly never?: readonly string[];
    }
  /** swanctl prints the same, with the same exit status, of Cygnet (a) as of charon (b), its mirror: in lines, --raw, --pretty. */
  | { readonly expect: 'printed-alike'; readonly of: readonly string[]; readonly meant?: Meanings }
  /** What `ask` had swanctl print at a and at b has lines of the same forms, and the same exit status. */
  | { readonly expect: 'asked-alike'; readonly of: readonly string[]; readonly meant?: Meanings }
  /** Events that `listen` has heard of a are of the same names, keys and forms of lines as those of b. */
  | { readonly expect: 'heard-alike'; readonly meant?: Meanings }
  /** A file that a hook writes comes to have this for its lines. */
  | { readonly expect: 'file'; readonly path: string; readonly lines: readonly string[] };

export type PingExpectation = {
  readonly expect: 'pings';
  /** Every local with every remote segment, instead of the first with the first. */
  readonly allPairs?: true;
  /** Only in the direction from this side. */
  readonly from?: SideName;
  /** Echo requests of each direction; 3 where not given. */
  readonly count?: number;
  /** Bytes of the echo's data; 56 where not given. */
  readonly size?: number;
  /** Sets the DF bit (`do`) or leaves it clear (`dont`). */
  readonly fragmentation?: 'do' | 'dont';
  /** Nothing may come through. */
  readonly lost?: true;
};

/** Data of every echo request, so that a capture can be searched for it. 16 bytes. */
export const PING_PATTERN = 'cygnet-in-clear!';

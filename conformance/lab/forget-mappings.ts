import { NetlinkSocket } from '../../src/native/netlink-socket.ts';

/**
 * Makes the kernel of its network namespace forget every connection that it tracks, and with them what NAT made of
 * them, as a NAT device does that starts anew.
 */
const NETLINK_NETFILTER = 12;
const CTNETLINK_DELETE = 0x0102;
const NLM_F_REQUEST = 1;
const SEQUENCE = 1;

// struct nlmsghdr and struct nfgenmsg: of all address families; without the attributes of one connection, all are meant.
const message = new Uint8Array(20);
const view = new DataView(message.buffer);
view.setUint32(0, message.length, true);
view.setUint16(4, CTNETLINK_DELETE, true);
view.setUint16(6, NLM_F_REQUEST, true);
view.setUint32(8, SEQUENCE, true);

const socket = NetlinkSocket.open(NETLINK_NETFILTER);
const [answer] = socket.request(message);
socket.close();
// NLMSG_ERROR, whose number is 0 where all went well.
const error = answer === undefined ? undefined : new DataView(answer.buffer, answer.byteOffset).getInt32(16, true);
if (error !== 0) throw new Error(`the kernel did not forget its connections: ${error}`);

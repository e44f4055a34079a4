import { refusals } from '../../lab/refusals.ts';

export default refusals({
  title: "the peer's identity is not the configured one",
  rfc: ['RFC 7296 §3.5', 'RFC 7296 §2.21.2'],
  link: { remoteId: 'somebody.example.net' },
  // strongSwan does not have the identity that Cygnet asks for, and refuses before it names its own.
  initiator: { stage: 1, code: 'authentication-failed' },
  responder: { stage: 1, code: 'peer-identity-mismatch' },
});

// A relying party as the documentation of openid-client shows it: signs one user in, then tells what
// it learnt.
//
// Standard input: a job (module, issuer, client_id, client_secret, method, redirect_uri) as one line
// of JSON, then the address that the user's browser came back to. Standard output: the address to
// send the browser to, then what was learnt, each as one line of JSON.

import { createInterface } from "node:readline";

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const read = async () => (await lines.next()).value;
const tell = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);

// Node 18, which Debian 12 has, does not yet show it to everybody.
globalThis.crypto ??= (await import("node:crypto")).webcrypto;

const job = JSON.parse(await read());
const client = await import(job.module);

const methods = {
  default: () => undefined,
  basic: () => client.ClientSecretBasic(job.client_secret),
  post: () => client.ClientSecretPost(job.client_secret),
  none: () => client.None(),
};

const config = await client.discovery(
  new URL(job.issuer),
  job.client_id,
  job.client_secret || undefined,
  methods[job.method](),
  { execute: [client.allowInsecureRequests] },
);
const pkceCodeVerifier = client.randomPKCECodeVerifier();
const expectedState = client.randomState();
const expectedNonce = client.randomNonce();
const request = client.buildAuthorizationUrl(config, {
  redirect_uri: job.redirect_uri,
  scope: "openid profile email offline_access",
  code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
  code_challenge_method: "S256",
  state: expectedState,
  nonce: expectedNonce,
  prompt: "consent",
});
tell(request.href);

const back = new URL(await read());
try {
  const checks = { pkceCodeVerifier, expectedState, expectedNonce, idTokenExpected: true };
  const tokens = await client.authorizationCodeGrant(config, back, checks);
  const { sub } = tokens.claims();
  const userinfo = await client.fetchUserInfo(config, tokens.access_token, sub);
  const renewed = await client.refreshTokenGrant(config, tokens.refresh_token);
  const learnt = { sub, userinfo, renewed: renewed.claims().sub };
  if (job.client_secret) {
    learnt.active = (await client.tokenIntrospection(config, renewed.access_token)).active;
  }
  await client.tokenRevocation(config, renewed.access_token);
  learnt.revoked = await client.fetchUserInfo(config, renewed.access_token, sub).then(
    () => null,
    (fault) => fault.cause[0].parameters,
  );
  const leave = { post_logout_redirect_uri: job.redirect_uri, id_token_hint: tokens.id_token };
  learnt.leave = client.buildEndSessionUrl(config, leave).href;
  tell({ learnt });
} catch (fault) {
  tell({ fault: { code: fault.code, message: fault.message, challenges: fault.cause } });
}
process.exit();

// A certified OpenID Connect provider (npm oidc-provider) on loopback, and a browser that signs people in to it by its own pages.
//
// The one argument is JSON: {modules, issuer, secondsBehind, wishes: {name: {client, user, tags}}}. One line of JSON comes out: the
// address, and an ID token for each wish. It serves its keys until its input ends.
import {createServer} from 'node:http';
import {randomBytes} from 'node:crypto';
import {pathToFileURL} from 'node:url';

const {modules, issuer, secondsBehind = 0, wishes} = JSON.parse(process.argv[2]);
if (secondsBehind) {
  const real = Date.now;
  Date.now = () => real() - secondsBehind * 1000;
}
// It tells developers much, on the output that is ours.
console.info = console.log = console.warn = () => {};
const {default: Provider} = await import(pathToFileURL(`${modules}/node_modules/oidc-provider/lib/index.js`));

const CALLBACK = 'http://127.0.0.1/callback';
const TAGS = 'https://aws.amazon.com/tags';
const people = new Map(Object.values(wishes).map(({user, tags}) => [user, tags]));
const clients = [...new Set(Object.values(wishes).map(({client}) => client))];
const provider = new Provider(issuer, {
  clients: clients.map((client_id) => ({
    client_id, client_secret: 'a secret of a test', redirect_uris: [CALLBACK], application_type: 'native',
  })),
  pkce: {required: () => false},
  // Claims go into the ID token, as Okta's do with "Include in: ID Token, Always".
  conformIdTokenClaims: false,
  claims: {openid: ['sub', TAGS]},
  cookies: {keys: [randomBytes(16).toString('hex')]},
  features: {devInteractions: {enabled: true}},
  findAccount: (_, id) => ({accountId: id, claims: () => ({sub: id, ...(people.get(id) ? {[TAGS]: people.get(id)} : {})})}),
});
const server = createServer(provider.callback()).listen(0, '127.0.0.1');
await new Promise((listening) => server.once('listening', listening));
const address = `http://127.0.0.1:${server.address().port}`;

// Signs a user in: authorization code flow, the pages of login and consent included.
async function signIn({client, user}) {
  const cookies = new Map();
  const go = async (url, form) => {
    const response = await fetch(new URL(url, address), {
      method: form ? 'POST' : 'GET', redirect: 'manual', body: form && new URLSearchParams(form),
      headers: {cookie: [...cookies].map((pair) => pair.join('=')).join('; ')},
    });
    for (const cookie of response.headers.getSetCookie()) {
      const [name, value] = cookie.split(';')[0].split(/=(.*)/s);
      cookies.set(name, value);
    }
    return response;
  };
  const ask = new URLSearchParams({client_id: client, response_type: 'code', scope: 'openid', redirect_uri: CALLBACK, nonce: 'n', state: 's'});
  let response = await go(`/auth?${ask}`);
  for (let steps = 0; steps < 12; steps += 1) {
    const to = response.headers.get('location');
    if (to?.startsWith(CALLBACK)) {
      const code = new URL(to).searchParams.get('code');
      const answer = await fetch(`${address}/token`, {
        method: 'POST',
        headers: {authorization: `Basic ${btoa(`${client}:a%20secret%20of%20a%20test`)}`},
        body: new URLSearchParams({grant_type: 'authorization_code', code, redirect_uri: CALLBACK}),
      });
      const {id_token: token, ...rest} = await answer.json();
      if (!token) throw new Error(JSON.stringify(rest));
      return token;
    }
    if (to) {
      response = await go(to);
      continue;
    }
    const page = await response.text();
    const action = page.match(/action="([^"]+)"/)?.[1];
    const prompt = page.match(/name="prompt" value="([^"]+)"/)?.[1];
    if (!action || !prompt) throw new Error(`${response.status}: ${page}`);
    response = await go(action, prompt === 'login' ? {prompt, login: user, password: 'any'} : {prompt});
  }
  throw new Error('the pages lead nowhere');
}

const tokens = {};
for (const [name, wish] of Object.entries(wishes)) tokens[name] = await signIn(wish);
process.stdout.write(`${JSON.stringify({address, tokens})}\n`);
process.stdin.resume().on('end', () => process.exit(0));

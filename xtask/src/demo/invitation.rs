//! What the demo prints once everything runs: addresses, keys and lines to paste.

use super::World;

/// The text, with this run's addresses and keys filled in.
pub(super) fn text(world: &World) -> String {
    let World { api, ops, keys, .. } = world;
    let (hansen, bauer) = (&keys.hansen, &keys.bauer);
    format!(
        r#"
Ordergate is ready. Ctrl-C stops everything.

  storefront API    {api}      (openapi: {api}/openapi.json)
  operations        {ops}      (/readyz /metrics; key: {ops_key})
  demo back end     {backend}      Nordwind Supply, a company of 72 articles
  config, data      {folder}

  keys of this run  C-1001 Hansen Maschinenbau   {hansen}
                    C-1002 Elektro Bauer & Sohn  {bauer}
                    any account (X-Account)      {shop}

Browse: how many can be promised, live the first time, from the cache the second
  curl -sw '\n' {api}/v1/availability/NW-1014 -H 'X-Api-Key: {hansen}'

The same pliers, two customers, two prices
  curl -sw '\n' '{api}/v1/offer-prices/NW-1014?quantity=20' -H 'X-Api-Key: {hansen}'
  curl -sw '\n' '{api}/v1/offer-prices/NW-1014?quantity=20' -H 'X-Api-Key: {bauer}'

The back end pushes its changes: set what is free in Berlin, and see it at once, from the cache, with "source":"pushed"
  curl -s -X PUT {backend}/control/stock/NW-1014 -H 'Content-Type: application/json' -d '{{"site":"BER","free":"55"}}' -o /dev/null
  curl -sw '\n' '{api}/v1/availability/NW-1014?location=BER' -H 'X-Api-Key: {hansen}'

Check out, order what was sealed, and see it confirmed by the back end
  CHECKOUT=$(curl -s {api}/v1/checkouts -H 'X-Api-Key: {hansen}' -H 'Content-Type: application/json' \
    -d '{{"lines":[{{"id":"1","sku":"NW-1014","quantity":{{"value":"20"}}}}]}}' | sed 's/.*"id":"\(C[0-9A-Z]*\)".*/\1/')
  curl -sw '\n' {api}/v1/orders -H 'X-Api-Key: {hansen}' -H 'Content-Type: application/json' -H "Idempotency-Key: $CHECKOUT" \
    -H 'Prefer: wait=5' -d "{{\"checkout\":\"$CHECKOUT\",\"purchase_order\":\"PO-1\"}}"

Every order of this customer, from every channel
  curl -sw '\n' '{api}/v1/orders?limit=5' -H 'X-Api-Key: {hansen}'
"#,
        ops_key = keys.ops,
        shop = keys.shop,
        backend = world.backend_url(),
        folder = world.folder().display(),
    )
}

-- The desk finds an order or quote by what somebody says on the telephone: an account in whichever store, a purchase order, the number of
-- what was cancelled, declined or accepted; and the newest ones of all stores.
DROP INDEX documents_of_account;
CREATE INDEX documents_of_account ON documents (account, store, kind, captured_at, reference);
DROP INDEX documents_of_store;
CREATE INDEX documents_newest ON documents (captured_at, reference);
CREATE INDEX documents_purchase_order ON documents (lower(trim(json_extract(payload, '$.purchase_order'))));
CREATE INDEX transfers_number ON transfers (json_extract(instruction, '$.number')) WHERE operation NOT IN ('submit-order', 'submit-quote', 'release-reservation');
CREATE INDEX transfers_of_account ON transfers (account, created_at) WHERE operation IN ('cancel-order', 'decline-quote', 'withdraw-quote');

-- Releases of held stock line up with nobody: any number of them may be in turn.
DROP INDEX transfers_one_in_turn;
CREATE UNIQUE INDEX transfers_one_in_turn ON transfers (store, account, adapter) WHERE turn = 1 AND operation <> 'release-reservation';

-- Whoever changes the own password stays signed in where that was done, and in the meeting that was come to from there.
-- NULL where no sign-in is kept.
ALTER TABLE rights_changes ADD COLUMN kept BIGINT;

-- Which sign-ins are left to somebody whose others ended is read from the sessions when the change is carried out.

UPDATE rights_changes SET change = 'signed_out' WHERE change = 'own_password';
ALTER TABLE rights_changes DROP COLUMN kept;

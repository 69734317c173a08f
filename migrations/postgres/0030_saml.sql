-- Single sign-on by SAML beside OpenID Connect.

-- What a SAML provider has said of itself: {"sso_url": …, "certificates": […], "metadata_url": …}. Null: it is an OpenID
-- provider. Of a SAML provider `issuer` is the entity id, and `client_id`, `sealed_secret` and `scopes` are empty.
ALTER TABLE sso_connections ADD COLUMN saml JSONB;

-- What a SAML provider has posted for this sign-in, until the browser brings its cookie to it; null: nothing yet.
ALTER TABLE federated_attempts ADD COLUMN saml_response TEXT;

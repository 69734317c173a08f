<?php
// Whom it answers: the workspace that the test has made, and has written down here.
$known = getenv('SAML_HOME') . '/service.json';
if (is_file($known)) {
    $service = json_decode(file_get_contents($known), true);
    $metadata[$service['entity_id']] = [
        'AssertionConsumerService' => $service['acs_url'],
        'NameIDFormat' => 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent',
    ];
}

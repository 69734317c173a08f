<?php
// A SimpleSAMLphp for one test: what it writes goes to the folder that the script names.
$home = getenv('SAML_HOME');
$config = [
    'baseurlpath' => getenv('SAML_BASE') . '/',
    'certdir' => $home . '/',
    'datadir' => $home . '/',
    'loggingdir' => $home . '/',
    'tempdir' => $home . '/temp',
    'metadatadir' => __DIR__ . '/metadata',
    'metadata.sources' => [['type' => 'flatfile', 'directory' => __DIR__ . '/metadata']],
    'secretsalt' => 'a salt for a test',
    'auth.adminpassword' => 'an administrator of a test',
    'technicalcontact_email' => 'nobody@example.com',
    'timezone' => 'UTC',
    'logging.handler' => 'file',
    'logging.level' => SimpleSAML\Logger::NOTICE,
    'enable.saml20-idp' => true,
    'module.enable' => ['exampleauth' => true, 'core' => true, 'saml' => true],
    'store.type' => 'phpsession',
    'session.phpsession.savepath' => $home . '/sessions',
    'session.cookie.secure' => false,
    'language.default' => 'en',
];

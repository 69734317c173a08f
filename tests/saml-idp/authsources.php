<?php
$config = [
    'people' => [
        'exampleauth:UserPass',
        'ann:any' => ['uid' => ['ann-of-the-provider'], 'mail' => ['ann@example.com'], 'displayName' => ['Ann'], 'groups' => ['staff', 'engineering']],
        'mai:any' => ['uid' => ['mai-of-the-provider'], 'mail' => ['mai@example.com'], 'displayName' => ['Mai'], 'groups' => ['staff']],
    ],
];

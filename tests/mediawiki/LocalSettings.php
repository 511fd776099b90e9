<?php
// Read at each request, so that a switch holds from the next one on. Caches live in the database: what a maintenance
// script clears is then cleared for the server too.
require __DIR__ . '/installed/LocalSettings.php';
$wgServer = $wgCanonicalServer = 'http://127.0.0.1:PORT';
$wgSQLiteDataDir = __DIR__ . '/db';
$wgArticlePath = '/wiki/$1';
$wgMainCacheType = $wgSessionCacheType = CACHE_DB;
$wgCacheDirectory = __DIR__ . '/cache';
$wgUploadDirectory = __DIR__ . '/images';
$wgUploadPath = '/w/images';
$wgTmpDirectory = __DIR__ . '/tmp';
$wgEnableUploads = true;
$wgEnableEmail = $wgPingback = $wgUseInstantCommons = false;
$wgGitBin = false;
$wgJobRunRate = 0;
$wgRateLimits = $wgPasswordAttemptThrottle = [];
$wgGroupPermissions['sysop']['import'] = $wgGroupPermissions['sysop']['importupload'] = true;
$wgGroupPermissions['sysop']['editcontentmodel'] = true;
$wgNamespaceAliases['Bild'] = NS_FILE;
wfLoadExtension( 'Cite' );
wfLoadExtension( 'ParserFunctions' );
if ( is_executable( '/usr/bin/lua5.1' ) ) {
	wfLoadExtension( 'Scribunto' );
	$wgScribuntoEngineConf['luastandalone']['luaPath'] = '/usr/bin/lua5.1';
}
$watcherSwitches = json_decode( file_get_contents( __DIR__ . '/switches.json' ), true );
if ( isset( $watcherSwitches['lag'] ) ) {
	$wgHooks['ApiMaxLagInfo'][] = static function ( &$info ) use ( $watcherSwitches ) {
		$info = [ 'host' => 'replica-1', 'lag' => $watcherSwitches['lag'], 'type' => 'db' ];
	};
}
$wgAutoCreateTempUser['enabled'] = isset( $watcherSwitches['temporary'] );
if ( isset( $watcherSwitches['closed'] ) ) {
	$wgGroupPermissions['*']['read'] = false;
}
if ( isset( $watcherSwitches['basic'] ) && PHP_SAPI !== 'cli' &&
	( $_SERVER['PHP_AUTH_USER'] ?? '' ) . ':' . ( $_SERVER['PHP_AUTH_PW'] ?? '' ) !== $watcherSwitches['basic'] ) {
	header( 'WWW-Authenticate: Basic realm="wiki"', true, 401 );
	exit;
}
if ( isset( $watcherSwitches['time'] ) ) {
	Wikimedia\Timestamp\ConvertibleTimestamp::setFakeTime( $watcherSwitches['time'] );
}
if ( isset( $watcherSwitches['largest'] ) ) {
	$wgAPIMaxResultSize = $watcherSwitches['largest'];
}

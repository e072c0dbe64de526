# --- The process ---------------------------------------------------------------------------------------------------

sub supervisor {
    my ($line) = @_;
    my $socket = IO::Socket::UNIX->new(Peer => $socket_path) or return undef;
    print $socket "$line\n";
    $socket->flush;
    return scalar <$socket>;
}

# mode, signal, grace (seconds), command; port, path, timeout (seconds) of what tells that it is ready.
sub restart {
    my ($revision, %how) = @_;
    my $mode = $how{mode} // 'None';
    supersede($revision);
    return answer('a', $revision, 'ok', '', '') if $mode eq 'None';
    if ($mode eq 'Command') {
        open my $run, '-|', 'sh', '-c', 'exec "$@" 2>&1', 'sh', split(/\x01/, $how{command}) or die "sh: $!\n";
        my $output = do { local $/; <$run> };
        close $run;
        return answer('a', $revision, $? == 0 ? 'ok' : 'crashed', '', $? >> 8, substr $output // '', -2000);
    }
    my $reply = supervisor("RESTART $how{signal} $how{grace}");
    return answer('a', $revision, 'unsupervised', '') unless defined $reply;
    my ($pid) = $reply =~ /^OK (\d+)/;
    return answer('a', $revision, 'unsupervised', '', '', $reply) unless $pid;
    answer('p', $revision, 'restarted', $pid);
    $waiting = { %how, revision => $revision, pid => $pid, since => time };
    look_whether_ready();
}

sub supersede {
    my ($revision) = @_;
    my $former = $waiting or return;
    $waiting = undef;
    answer('a', $former->{revision}, 'superseded', $former->{pid}, $revision);
}

sub look_whether_ready {
    my $w = $waiting or return;
    my $status = supervisor('STATUS') // '';
    my ($pid, $exit, $tail) = $status =~ /^(\d+) (\S+) (.*)$/;
    if (!$pid || $pid != $w->{pid}) {
        $waiting = undef;
        return answer('a', $w->{revision}, 'crashed', $w->{pid}, $exit // '', unescape($tail // ''));
    }
    my $ready = is_ready($w);
    if ($ready) {
        $waiting = undef;
        return answer('a', $w->{revision}, 'ready', $pid);
    }
    if (time - $w->{since} > ($w->{timeout} || 60)) {
        $waiting = undef;
        answer('a', $w->{revision}, 'notready', $pid, '', unescape($tail // ''));
    }
}

sub unescape { my ($text) = @_; $text =~ s/%([0-9a-f]{2})/chr hex $1/ge; return $text }

sub is_ready {
    my ($w) = @_;
    # Nothing to ask: it has run for a moment without exiting.
    return time - $w->{since} > 0.2 unless $w->{port};
    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $w->{port}, Timeout => 1) or return 0;
    return 1 unless length($w->{path} // '');
    $socket->timeout(1);
    print $socket "GET $w->{path} HTTP/1.0\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    $socket->flush;
    return 0 unless IO::Select->new($socket)->can_read(1);
    my $line = <$socket> // '';
    return $line =~ m{^HTTP/\S+ [23]\d\d} ? 1 : 0;
}


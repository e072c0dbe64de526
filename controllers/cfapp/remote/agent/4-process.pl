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
    my ($mode, $started) = ($how{mode} // 'None', time);
    supersede($revision);
    return answer('a', $revision, 'ok', '', '') if $mode eq 'None';
    if ($mode eq 'Command') {
        open my $run, '-|', 'sh', '-c', 'exec "$@" 2>&1', 'sh', split(/\x01/, $how{command}) or die "sh: $!\n";
        my $output = do { local $/; <$run> } // '';
        close $run;
        $output = substr $output, -2000 if length $output > 2000;
        return answer('a', $revision, $? == 0 ? 'ok' : 'crashed', '', $? >> 8, $output);
    }
    my $reply = supervisor("RESTART $how{signal} $how{grace}");
    my ($pid) = ($reply // '') =~ /^OK (\d+)/;
    return answer('a', $revision, 'unsupervised', '', '', $reply // '') unless $pid;
    answer('p', $revision, 'restarted', sprintf('%.1f', (time - $started) * 1000), $pid);
    $waiting = { %how, revision => $revision, pid => $pid, since => time };
    look_whether_ready();
}

# An agent that was killed after a commit did not come to restart the app.
sub restart_if_due {
    my ($revision, %how) = split /\0/, read_file("$state/restart") // return, -1;
    restart($revision, %how) if $revision eq committed() && take_restart();
}

# Whoever takes it does it.
sub take_restart { return rename "$state/restart", "$state/restart.$$" }

# A set that was committed before, and whose app was restarted: tells how it is now.
sub again {
    my ($revision, %how) = @_;
    return answer('a', $revision, 'ok', '', '') if ($how{mode} // 'None') ne 'Supervisor';
    my $status = supervisor('STATUS') // return answer('a', $revision, 'unsupervised', '');
    my ($pid) = $status =~ /^(\d+)/;
    supersede($revision);
    $waiting = { %how, revision => $revision, pid => $pid, since => time };
    look_whether_ready();
}

sub supersede {
    my ($revision) = @_;
    my $former = $waiting;
    $waiting = undef;
    return if !$former || $former->{revision} eq $revision;
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


# --- The process ---------------------------------------------------------------------------------------------------

sub supervisor {
    my ($line) = @_;
    my $socket = IO::Socket::UNIX->new(Peer => $socket_path) or return undef;
    print $socket "$line\n";
    $socket->flush;
    return scalar <$socket>;
}

my $COMMAND_SECONDS = 120;

# How it ended, and the last of what it has printed. What it leaves behind may go on, and print: nobody waits for that.
sub run_command {
    my @command = @_;
    my $file = "$state/output.$$";
    open my $output, '+>>', $file or die "$file: $!\n";
    unlink $file;
    my $child = fork // die "fork: $!\n";
    if (!$child) {
        setpgrp;
        $SIG{PIPE} = 'DEFAULT';
        open STDIN, '<', '/dev/null';
        open STDOUT, '>&', $output;
        open STDERR, '>&', $output;
        chdir $root;
        exec 'sh', '-c', 'exec "$@"', 'sh', @command or kill 'KILL', $$;
    }
    my ($until, $signal) = (time + $COMMAND_SECONDS, 'TERM');
    while (waitpid($child, WNOHANG) == 0) {
        select undef, undef, undef, 0.02;
        next if time < $until;
        kill $signal, -$child;
        ($until, $signal) = (time + 1, 'KILL');
    }
    my $exit = $? & 127 ? 'SIG' . ($? & 127) : $? >> 8;
    seek $output, -2000, SEEK_END or seek $output, 0, SEEK_SET;
    my $tail = do { local $/; <$output> } // '';
    $tail .= "it did not end within $COMMAND_SECONDS seconds\n" if $signal eq 'KILL';
    return ($exit, $tail);
}

# --- How the app is: told when it changes, asked for or not -----------------------------------------------------------

my ($LOOK_SECONDS, $LATE_SECONDS, $ANSWER_SECONDS, $MAX_ANSWER) = (1, 5, 5, 65536);
my $ears = IO::Select->new(\*STDIN);
my ($look_at, $told, $absences) = (0, '', 0);
my ($asked, $heard, $give_up_at);    # the supervisor, while it has not answered
my $late;                            # a restart whose process was not ready in its time; it may be, some time
my ($printed, $is_listening);        # bytes by the app when that was told last; whether it is to be told

# In seconds, until there is something to do; undefined if that is not known.
sub patience {
    return 0.02 if $waiting;
    return undef unless defined $socket_path;
    my $left = ($asked ? $give_up_at : $look_at) - time;
    return $left > 0 ? $left : 0;
}

# A supervisor that is stuck keeps nobody from anything else.
sub look_at_app {
    return if $waiting || !defined $socket_path;
    if ($asked) { stop_asking() if time >= $give_up_at }
    return if $asked || time < $look_at;
    $look_at = time + $LOOK_SECONDS;
    my $address = eval { pack_sockaddr_un($socket_path) } // return;
    socket my $socket, PF_UNIX, SOCK_STREAM, 0 or return;
    $socket->blocking(0);
    if (!connect $socket, $address) {
        # One that is just being started is not missed.
        if (!$!{EAGAIN} && ++$absences > 1) {
            tell_app('');
            tell_printed(undef);
        }
        return;
    }
    $absences = 0;
    syswrite $socket, "STATUS\n" or return;
    ($asked, $heard, $give_up_at) = ($socket, '', time + $ANSWER_SECONDS);
    $ears->add($socket);
}

sub hear_of_app {
    my $count = sysread $asked, $heard, $MAX_ANSWER, length $heard;
    return if !defined $count && ($!{EAGAIN} || $!{EINTR});
    return if $count && length $heard < $MAX_ANSWER;
    stop_asking();
    my ($pid, $exit, $tail, $bytes) = $heard =~ /^(\d+) (\S+) (.*)\n(?:(\d+)\n)?/ or return;
    tell_app($pid, $exit, unescape($tail));
    look_whether_ready_late($pid);
    tell_printed($bytes);
}

sub stop_asking {
    return unless $asked;
    $ears->remove($asked);
    close $asked;
    $asked = undef;
}

# PID (0 if none runs, empty if nobody knows), how the last one ended, and what it said last.
sub tell_app {
    my ($pid, $exit, $tail) = @_;
    my $now = length $pid ? "$pid $exit" : 'none';
    return if $now eq $told;
    $told = $now;
    answer('s', $pid, $exit // '', $pid eq '0' ? $tail : '');
}

# Seldom: whoever is not ready yet may be slow to say so, and meanwhile nobody is answered.
sub look_whether_ready_late {
    my ($pid) = @_;
    return unless $late;
    return $late = undef if $pid ne $late->{pid};
    return if time < $late->{look_at};
    $late->{look_at} = time + $LATE_SECONDS;
    return unless is_ready($late);
    $late = undef;
    answer('s', $pid, '', '', 'ready');
}

# Once for each time that somebody wants to hear of it: empty if nobody knows.
sub tell_printed {
    my ($bytes) = @_;
    my $is_more = defined $bytes && defined $printed && $bytes != $printed;
    $printed = $bytes if !defined $printed || $is_listening;
    return unless $is_listening && ($is_more || !defined $bytes);
    $is_listening = 0;
    answer('o', $is_more ? '1' : '');
}

sub listen_for_output {
    $is_listening = 1;
    tell_printed(undef) unless defined $socket_path;
}

# mode, signal, grace (seconds), command; port, path, timeout (seconds) of what tells that it is ready.
sub restart {
    my ($revision, %how) = @_;
    my ($mode, $started) = ($how{mode} // 'None', time);
    supersede($revision);
    return answer('a', $revision, 'ok', '', '') if $mode eq 'None';
    stop_asking();
    $late = undef;
    if ($mode eq 'Command') {
        my ($exit, $output) = eval { run_command(split /\x01/, $how{command}) };
        ($exit, $output) = ('', $@) unless defined $exit;
        return answer('a', $revision, $exit eq '0' ? 'ok' : 'crashed', '', $exit, $output);
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
sub take_restart { return rename("$state/restart", "$state/restart.$$") && unlink "$state/restart.$$" }

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
    $told = defined $pid ? "$pid $exit" : '';
    if (!$pid || $pid != $w->{pid}) {
        # It may run again by now: that is to be told.
        ($waiting, $told) = (undef, '');
        return answer('a', $w->{revision}, 'crashed', $w->{pid}, $exit // '', unescape($tail // ''));
    }
    my $ready = is_ready($w);
    if ($ready) {
        $waiting = undef;
        return answer('a', $w->{revision}, 'ready', $pid);
    }
    if (time - $w->{since} > ($w->{timeout} || 60)) {
        ($waiting, $late) = (undef, { %$w, look_at => time + $LATE_SECONDS });
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


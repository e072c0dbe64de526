# Runs a command, and runs it again when it is asked to or when it exits, without ever exiting itself: the container
# lives as long as this does. Core modules only.
#
#   perl supervisor.pl SOCKET -- COMMAND...
#
# On the unix socket, one line each: `RESTART SIGNAL GRACE` is answered `OK PID` once the new one has been started,
# `STATUS` is answered `PID EXIT TAIL`: 0 if none runs; how the last one ended, or -; its last lines; and on a line of
# its own how many bytes all of them have printed.
use strict;
use warnings;
use Errno qw(EINTR EAGAIN ESRCH);
use IO::Handle;
use IO::Select;
use IO::Socket::UNIX;
use POSIX qw(:sys_wait_h setpgid dup2 _exit);
use Time::HiRes qw(time);

my ($path, $dashes, @command) = @ARGV;
die "usage: supervisor.pl SOCKET -- COMMAND...\n" unless @command && $dashes eq '--';

my $MAX_TAIL = 4000;
my ($MAX_HEARING, $MAX_LINE) = (16, 1000);
my $DIEGO_GRACE = 9;
my ($MIN_WAIT, $MAX_WAIT, $STEADY) = (0.2, 5, 10);

my ($pid, $group, $output) = (0, 0, undef);    # of the command that runs
my ($exit, $tail) = ('-', '');                  # of the one that ran last
my $printed = 0;                                # bytes, by all
my ($started, $wait, $start_at) = (0, $MIN_WAIT, undef);
my $stopping;                                   # { kill_at, then }: the group is being ended
my (@hearing, %heard);                          # clients, and what they have said so far
my @asking;                                     # clients that wait for a restart

$SIG{PIPE} = 'IGNORE';
my ($wake_in, $wake_out);
pipe $wake_in, $wake_out or die "pipe: $!\n";
$_->blocking(0) for $wake_in, $wake_out;
my $is_told_to_end = 0;
$SIG{CHLD} = sub { syswrite $wake_out, '.' };
$SIG{TERM} = $SIG{INT} = sub { $is_told_to_end = 1; syswrite $wake_out, '.' };

unlink $path;
my $listener = do {
    my $mask = umask 077;
    my $made = IO::Socket::UNIX->new(Local => $path, Listen => 16) or die "$path: $!\n";
    umask $mask;
    $made;
};
my $select = IO::Select->new($listener, $wake_in);

sub start {
    ($start_at, $tail) = (undef, '');
    my $forked = pipe(my $in, my $out) ? fork : undef;
    if (!defined $forked) {
        # No room for another process: there may be, later.
        ($pid, $tail, $start_at) = (0, "cannot be started: $!\n", time + $MAX_WAIT);
        return;
    }
    $pid = $forked;
    if (!$pid) {
        setpgid(0, 0);
        $SIG{$_} = 'DEFAULT' for qw(PIPE CHLD TERM INT);
        dup2(fileno $out, 1);
        dup2(fileno $out, 2);
        close $_ for $in, $out, $listener, $wake_in, $wake_out;
        exec { $command[0] } @command or do { print STDERR "$command[0]: $!\n"; _exit(127) };
    }
    setpgid($pid, $pid);
    close $out;
    drop_output();
    ($group, $output, $started) = ($pid, $in, time);
    $in->blocking(0);
    $select->add($in);
}

sub drop_output {
    return unless $output;
    $select->remove($output);
    close $output;
    $output = undef;
}

# What the command prints goes on to whoever reads our output; the last of it is kept.
sub pass_on {
    while (my $count = sysread $output, my $bytes, 65536) {
        $tail = substr $tail . $bytes, -$MAX_TAIL;
        $printed += $count;
        while (length $bytes) {
            my $written = syswrite STDOUT, $bytes;
            last unless defined $written || $!{EINTR};
            substr $bytes, 0, $written, '' if $written;
        }
    }
    drop_output() unless $!{EAGAIN} || $!{EINTR};
}

sub is_group_alive { return $group && (kill(0, -$group) || !$!{ESRCH}) }

sub stop {
    my ($signal, $seconds, $then) = @_;
    $start_at = undef;
    # A name that is no signal is a fatal error.
    if ($group) { eval { kill $signal, -$group; 1 } or kill 'TERM', -$group }
    $stopping = { kill_at => time + $seconds, then => $then };
}

# Stopped means that nothing of the group is left, whoever was its first.
sub look_whether_stopped {
    if (is_group_alive()) {
        kill 'KILL', -$group if time >= $stopping->{kill_at};
        return;
    }
    my $then = $stopping->{then};
    ($stopping, $group) = (undef, 0);
    exit($exit =~ /^\d+$/ ? $exit : 143) if $then eq 'end';
    start();
    for my $client (@asking) { print {$client} "OK $pid\n"; close $client }
    @asking = ();
}

sub reap {
    while ((my $gone = waitpid -1, WNOHANG) > 0) {
        next unless $gone == $pid;
        $exit = $? & 127 ? 'SIG' . ($? & 127) : $? >> 8;
        pass_on() if $output;
        $pid = 0;
        next if $stopping;
        # What it leaves behind would hold its port.
        kill 'KILL', -$group;
        $wait = $MIN_WAIT if time - $started > $STEADY;
        $start_at = time + $wait;
        $wait = $wait * 2 > $MAX_WAIT ? $MAX_WAIT : $wait * 2;
    }
}

# Whoever has not said all of a line yet is not waited for.
sub serve {
    my $client = $listener->accept or return;
    $client->blocking(0);
    forget($hearing[0]) if @hearing >= $MAX_HEARING;
    push @hearing, $client;
    $heard{$client} = '';
    $select->add($client);
}

sub forget {
    my ($client) = @_;
    $select->remove($client);
    delete $heard{$client};
    @hearing = grep { $_ != $client } @hearing;
}

sub hear {
    my ($client) = @_;
    my $count = sysread($client, my $bytes, $MAX_LINE);
    return if !defined $count && ($!{EAGAIN} || $!{EINTR});
    my $text = $heard{$client} .= $bytes // '';
    return if $count && $text !~ /\n/ && length $text < $MAX_LINE;
    forget($client);
    answer($client, $text =~ /^(.*)\n/ ? $1 : '');
}

sub answer {
    my ($client, $line) = @_;
    if ($line =~ /^RESTART ([A-Z0-9]+) ([\d.]+)$/) {
        push @asking, $client;
        $wait = $MIN_WAIT;
        stop($1, $2, 'start') unless $stopping;
        return;
    }
    (my $text = $tail) =~ s/([^ -~]|%)/sprintf '%%%02x', ord $1/ge;
    print $client "$pid $exit $text\n$printed\n" if $line =~ /^STATUS$/;
    close $client;
}

start();
while (1) {
    my $timeout = $stopping ? 0.01 : $start_at ? $start_at - time : undef;
    for my $ready ($select->can_read(defined $timeout && $timeout < 0 ? 0 : $timeout)) {
        if ($ready == $listener) { serve() }
        elsif ($ready == $wake_in) { sysread $wake_in, my $drop, 4096 }
        elsif ($output && $ready == $output) { pass_on() }
        elsif (exists $heard{$ready}) { hear($ready) }
    }
    reap();
    if ($is_told_to_end == 1) {
        $is_told_to_end = 2;
        stop('TERM', $DIEGO_GRACE, 'end');
    }
    look_whether_stopped() if $stopping;
    start() if $start_at && time >= $start_at;
}

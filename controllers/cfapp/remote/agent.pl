# Keeps a directory in step, for whoever speaks to it over standard input and output. Core modules only.
#
# A frame is a letter, a length (32 bits, big endian) and so many bytes; fields in it are separated by NUL.
# Nothing is answered before a commit, so that a set of changes takes one round trip; each commit is answered once.
use strict;
use warnings;
use Cwd qw(realpath);
use Digest::SHA;
use Errno qw(EEXIST ENOENT ENOTEMPTY EINTR);
use Fcntl qw(:mode :seek O_RDONLY O_NOFOLLOW O_WRONLY O_CREAT O_EXCL O_TRUNC);
use IO::Handle;
use IO::Select;
use IO::Socket::INET;
use IO::Socket::UNIX;
use Compress::Zlib ();
use Time::HiRes qw(time);

my $VERSION = 1;
my $MAX_FRAME = 16 << 20;
my $BLOCK = 256 << 10;

my ($root, $state, $stage, $socket_path);    # absolute
my %set;                                      # the set of changes that is being received
my $waiting;                                  # a commit whose process is not ready yet
my $input = '';

binmode STDIN;
binmode STDOUT;
STDOUT->autoflush(1);
$SIG{PIPE} = 'IGNORE';
umask 022;

sub answer {
    my ($type, @fields) = @_;
    my $body = join "\0", @fields;
    my $bytes = $type . pack('N', length $body) . $body;
    while (length $bytes) {
        my $count = syswrite STDOUT, $bytes;
        exit 0 unless defined $count || $!{EINTR};
        substr($bytes, 0, $count, '') if $count;
    }
}

# --- Files and paths -------------------------------------------------------------------------------------------------

sub check_path {
    my ($path) = @_;
    for my $name (split m{/}, $path, -1) {
        die "bad path\n" if $name eq '' || $name eq '.' || $name eq '..' || $name =~ /^\.tiltish-/;
    }
    die "bad path\n" if $path eq '';
    return $path;
}

# Goes to the directory that a path is in, step by step, and through no link: whatever the app does meanwhile, nothing
# outside of the root is touched. Returns the last name of the path.
sub enter {
    my ($path) = @_;
    chdir $root or die "$root: $!\n";
    my @names = split m{/}, check_path($path);
    my $last = pop @names;
    for my $name (@names) {
        my @before = lstat $name or die "$name: $!\n";
        die "$name is a link or a file, and a directory was expected\n" unless S_ISDIR($before[2]);
        chdir $name or die "$name: $!\n";
        my @after = stat '.';
        die "$name was replaced\n" unless $after[0] == $before[0] && $after[1] == $before[1];
    }
    return $last;
}

sub write_file {
    my ($file, $content) = @_;
    open my $out, '>', "$file.new" or die "$file: $!\n";
    binmode $out;
    print $out $content or die "$file: $!\n";
    $out->flush or die "$file: $!\n";
    $out->sync;
    close $out or die "$file: $!\n";
    rename "$file.new", $file or die "$file: $!\n";
}

sub read_file {
    my ($file) = @_;
    open my $in, '<', $file or return undef;
    binmode $in;
    local $/;
    return scalar <$in>;
}

sub remove_tree {
    my ($directory) = @_;
    opendir my $handle, $directory or return;
    for my $name (grep { $_ ne '.' && $_ ne '..' } readdir $handle) {
        my $path = "$directory/$name";
        if (-d $path && !-l $path) { remove_tree($path) }
        else { unlink $path }
    }
    rmdir $directory;
}

sub hash_of {
    my ($name) = @_;
    sysopen my $in, $name, O_RDONLY | O_NOFOLLOW or return undef;
    binmode $in;
    return Digest::SHA->new(256)->addfile($in)->hexdigest;
}

# --- What is there ---------------------------------------------------------------------------------------------------

sub list {
    my @lines;
    my %tracked = map { $_ => 1 } split /\0/, read_file("$state/manifest") // '';
    my @todo = ('');
    while (@todo) {
        my $directory = pop @todo;
        opendir my $handle, "$root/$directory" or next;
        for my $name (readdir $handle) {
            next if $name eq '.' || $name eq '..' || $name =~ /^\.tiltish-/;
            my $path = $directory eq '' ? $name : "$directory/$name";
            my @stat = lstat "$root/$path" or next;
            my $is_ours = $tracked{$path} ? 'T' : '-';
            if (S_ISLNK($stat[2])) {
                push @lines, "L$is_ours", readlink("$root/$path") // '', 0, '', $path;
            } elsif (S_ISDIR($stat[2])) {
                push @lines, "D$is_ours", '', 0, '', $path;
                push @todo, $path;
            } elsif (S_ISREG($stat[2])) {
                my $hash = hash_of("$root/$path") // next;
                push @lines, "F$is_ours", sprintf('%o', $stat[2] & 0777), $stat[7], $hash, $path;
            }
        }
    }
    my $deflated = Compress::Zlib::compress(join "\0", @lines);
    while (length $deflated > $MAX_FRAME) { answer('l', substr $deflated, 0, $MAX_FRAME, '') }
    answer('l', $deflated);
    answer('e');
}

sub free_bytes {
    # statvfs is not in perl; df is in every container.
    my ($line) = (split /\n/, `df -Pk '$stage' 2>/dev/null`)[1] // '';
    return (split ' ', $line)[3] // '' if $line;
    return '';
}

# --- A set of changes: received into the stage, then committed as a whole ----------------------------------------------

sub begin {
    my ($revision) = @_;
    remove_tree($stage);
    mkdir $stage, 0700 or $!{EEXIST} or die "$stage: $!\n";
    %set = (revision => $revision, operations => [], problem => undef, file => undef, received => 0);
}

# Everything until the commit is read and dropped once something has gone wrong.
sub staging {
    my ($work) = @_;
    return unless %set;
    return if defined $set{problem};
    eval { $work->(); 1 } or chomp($set{problem} = $@ || 'failed');
}

# TYPE, PATH, then what the type needs: the mode, or a target, or MODE SIZE HASH and where the content comes from.
sub operation {
    my ($type, $path, @rest) = @_;
    die "$set{file}{path}: incomplete\n" if $set{file};
    check_path($path);
    push @{ $set{operations} }, [$type, $path, @rest];
    return unless $type eq 'put';
    my ($mode, $size, $hash, $from) = @rest;
    my $file = "$stage/" . $#{ $set{operations} };
    sysopen my $out, $file, O_WRONLY | O_CREAT | O_EXCL, 0600 or die "$path: $!\n";
    binmode $out;
    $set{file} = {
        out => $out, name => $file, path => $path, mode => oct $mode, left => $size, hash => $hash,
        digest => Digest::SHA->new(256),
    };
    copy_from($from, 0, $size) if length $from;
    finish_file() if $set{file} && $set{file}{left} == 0;
}

sub store {
    my ($bytes) = @_;
    my $file = $set{file} or die "content without a file\n";
    $file->{left} -= length $bytes;
    die "$file->{path}: more than its size\n" if $file->{left} < 0;
    $file->{digest}->add($bytes);
    print { $file->{out} } $bytes or die "$file->{path}: $!\n";
    finish_file() if $file->{left} == 0;
}

sub finish_file {
    my $file = delete $set{file};
    close $file->{out} or die "$file->{path}: $!\n";
    die "$file->{path}: arrived damaged\n" if $file->{digest}->hexdigest ne $file->{hash};
    chmod $file->{mode}, $file->{name} or die "$file->{path}: $!\n";
}

# A part of a file that is there already.
sub copy_from {
    my ($path, $offset, $length) = @_;
    my $name = enter($path);
    sysopen my $in, $name, O_RDONLY | O_NOFOLLOW or die "$path: $!\n";
    binmode $in;
    seek $in, $offset, SEEK_SET or die "$path: $!\n";
    while ($length > 0) {
        my $count = read $in, my $bytes, $length < $BLOCK ? $length : $BLOCK;
        die "$path: shorter than it was\n" unless $count;
        $length -= $count;
        store($bytes);
    }
}

sub commit {
    my ($revision, $tree_hash, $manifest, %restart) = @_;
    my $started = time;
    return answer('a', $revision, 'refused', 'no such set was begun') unless %set && $set{revision} eq $revision;
    my $problem = $set{problem};
    $problem //= "$set{file}{path}: incomplete" if $set{file};
    my @operations = @{ $set{operations} };
    %set = ();
    unless (defined $problem) {
        my $done = eval { apply($revision, $tree_hash, $manifest, \@operations); 1 };
        chomp($problem = $@ || 'failed') unless $done;
    }
    remove_tree($stage);
    return answer('a', $revision, 'failed', $problem) if defined $problem;
    answer('p', $revision, 'applied', sprintf '%.1f', (time - $started) * 1000);
    restart($revision, %restart);
}

sub apply {
    my ($revision, $tree_hash, $manifest, $operations) = @_;
    # What the journal names is whole and verified. From here on the set is finished, here or by the next agent.
    my @fields = map { join("\0", scalar @$_, @$_) } @$operations;
    write_file("$state/journal", join "\0", $revision, $tree_hash, length $manifest, $manifest, @fields);
    finish($revision, $tree_hash, $manifest, $operations);
}

sub finish {
    my ($revision, $tree_hash, $manifest, $operations) = @_;
    my @undo;
    my $done = eval {
        for my $i (0 .. $#$operations) { push @undo, perform($i, @{ $operations->[$i] }) }
        1;
    };
    unless ($done) {
        my $problem = $@;
        for my $undo (reverse @undo) { eval { $undo->() } }
        chdir '/';
        unlink "$state/journal";
        die $problem;
    }
    chdir '/';
    write_file("$state/manifest", $manifest);
    write_file("$state/marker", join "\0", $revision, $tree_hash, $ENV{CF_INSTANCE_GUID} // '');
    unlink "$state/journal";
}

# Does one operation, unless it is done already. Returns what undoes it.
sub perform {
    my ($i, $type, $path, @rest) = @_;
    my $name = enter($path);
    my $kept = "$stage/kept-$i";
    my $keep = sub { -l $name ? symlink(readlink($name), $kept) : link($name, $kept) };
    my $back = sub { my $at = enter($path); if (-e $kept || -l $kept) { rename $kept, $at } else { unlink $at } };
    if ($type eq 'mkdir') {
        my $made = mkdir $name, 0755;
        die "$path: $!\n" unless $made || (-d $name && !-l $name);
        return $made ? sub { rmdir enter($path) } : ();
    }
    if ($type eq 'rmdir') {
        my $gone = rmdir $name;
        die "$path: $!\n" unless $gone || $!{ENOENT} || $!{ENOTEMPTY} || $!{EEXIST};
        return $gone ? sub { mkdir enter($path), 0755 } : ();
    }
    if ($type eq 'chmod') {
        my @stat = lstat $name or die "$path: $!\n";
        die "$path is not a file\n" unless S_ISREG($stat[2]);
        chmod oct $rest[0], $name or die "$path: $!\n";
        return sub { chmod $stat[2] & 07777, enter($path) };
    }
    if ($type eq 'put') {
        return () unless -e "$stage/$i";    # done before a crash
        die "$path is a directory\n" if -d $name && !-l $name;
        $keep->();
        rename "$stage/$i", $name or die "$path: $!\n";
        return $back;
    }
    if ($type eq 'link') {
        die "$path is a directory\n" if -d $name && !-l $name;
        $keep->() unless -l $name && readlink($name) eq $rest[0];
        unlink "$stage/link-$i";
        symlink $rest[0], "$stage/link-$i" or die "$path: $!\n";
        rename "$stage/link-$i", $name or die "$path: $!\n";
        return $back;
    }
    if ($type eq 'unlink') {
        die "$path is a directory\n" if -d $name && !-l $name;
        $keep->();
        unlink $name or $!{ENOENT} or die "$path: $!\n";
        return $back;
    }
    die "unknown operation $type\n";
}

# An agent that was killed in the middle of a commit has left a journal.
sub recover {
    my $journal = read_file("$state/journal") // return;
    my ($revision, $tree_hash, $length, $rest) = split /\0/, $journal, 4;
    my $manifest = substr $rest, 0, $length;
    my @fields = length $rest > $length ? split /\0/, substr($rest, $length + 1), -1 : ();
    my @operations;
    while (@fields) { push @operations, [splice @fields, 0, shift @fields] }
    eval { finish($revision, $tree_hash, $manifest, \@operations); 1 } or print STDERR "recovery: $@";
}

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

# --- Frames ----------------------------------------------------------------------------------------------------------

sub hello {
    my ($version, @options) = @_;
    my %options = @options;
    my @there = stat $options{root} or die "$options{root}: $!\n";
    $root = realpath($options{root});
    # Renaming works within one file system only.
    for my $candidate (split /\n/, $options{state}) {
        mkdir $candidate, 0700;
        my @stat = stat $candidate;
        if (@stat && $stat[0] == $there[0]) { $state = $candidate; last }
    }
    die "no place for staging on the file system of $root\n" unless $state;
    $stage = "$state/stage";
    $socket_path = $options{socket};
    mkdir $stage, 0700;
    recover();
    remove_tree($stage);
    mkdir $stage, 0700;
    my ($revision, $tree_hash, $guid) = split /\0/, read_file("$state/marker") // '';
    answer('h', $VERSION, $ENV{CF_INSTANCE_GUID} // '', $revision // '', $tree_hash // '', free_bytes(), $guid // '');
}

my %handlers = (
    H => sub { hello(split /\0/, $_[0], -1) },
    L => sub { list() },
    B => sub { begin($_[0]) },
    O => sub { my $frame = $_[0]; staging(sub { operation(split /\0/, $frame, -1) }) },
    D => sub { my $frame = $_[0]; staging(sub { store($frame) }) },
    Z => sub {
        my $frame = $_[0];
        staging(sub { store(Compress::Zlib::uncompress($frame) // die "content cannot be inflated\n") });
    },
    C => sub {
        my ($offset, $length) = unpack 'Q>Q>', $_[0];
        staging(sub { copy_from(($set{file} or die "copy without a file\n")->{path}, $offset, $length) });
    },
    K => sub {
        my ($head, $manifest) = unpack 'N/a* a*', $_[0];
        my ($revision, $tree_hash, @restart) = split /\0/, $head, -1;
        commit($revision, $tree_hash, $manifest, @restart);
    },
    R => sub { my ($revision, @how) = split /\0/, $_[0], -1; restart($revision, @how) },
    P => sub { answer('q', $_[0]) },
);

sub frames {
    while (length $input >= 5) {
        my ($type, $length) = unpack 'aN', $input;
        die "a frame of $length bytes\n" if $length > $MAX_FRAME;
        last if length $input < 5 + $length;
        my $body = substr $input, 5, $length;
        substr $input, 0, 5 + $length, '';
        my $handler = $handlers{$type} or die "unknown frame $type\n";
        $handler->($body);
    }
}

my $select = IO::Select->new(\*STDIN);
my $ok = eval {
    while (1) {
        if ($select->can_read($waiting ? 0.02 : undef)) {
            my $count = sysread STDIN, $input, 1 << 20, length $input;
            last if defined $count && $count == 0;
            die "standard input: $!\n" unless defined $count || $!{EINTR};
            frames();
        }
        look_whether_ready() if $waiting;
    }
    1;
};
answer('x', $@) unless $ok;
remove_tree($stage) if defined $stage && !-e "$state/journal";
exit($ok ? 0 : 1);

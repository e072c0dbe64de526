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
    $stage = "$state/stage.$$";
    $socket_path = $options{socket};
    my $lock = locked();
    recover();
    clean_up();
    mkdir $stage, 0700;
    read_manifest();
    my ($revision, $tree_hash, $guid) = split /\0/, read_file("$state/marker") // '';
    undef $lock;
    $base = $revision // '';
    answer('h', $VERSION, $ENV{CF_INSTANCE_GUID} // '', $revision // '', $tree_hash // '', free_bytes(), $guid // '');
    restart_if_due();
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
    V => sub { verify($_[0]) },
    K => sub {
        my ($head, $deflated) = unpack 'N/a* a*', $_[0];
        my ($revision, $tree_hash, $new, @restart) = split /\0/, $head, -1;
        my $paths = Compress::Zlib::uncompress($deflated) // die "a manifest that cannot be inflated\n";
        commit($revision, $tree_hash, $new, $paths, @restart);
    },
    R => sub { my ($revision, @how) = split /\0/, $_[0], -1; restart($revision, @how) },
    P => sub { answer('q', $_[0]) },
    W => sub { listen_for_output() },
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

# Whether there is more to come.
sub read_input {
    my $count = sysread STDIN, $input, 1 << 20, length $input;
    return 0 if defined $count && $count == 0;
    die "standard input: $!\n" unless defined $count || $!{EINTR};
    frames();
    return 1;
}

my $ok = eval {
    my $is_open = 1;
    while ($is_open) {
        for my $ready ($ears->can_read(patience())) {
            if ($ready == \*STDIN) { $is_open = read_input() }
            elsif ($asked && $ready == $asked) { hear_of_app() }
        }
        look_whether_ready() if $waiting;
        look_at_app();
    }
    1;
};
answer('x', $@) unless $ok;
remove_tree($stage) if defined $stage && !-e "$state/journal";
exit($ok ? 0 : 1);

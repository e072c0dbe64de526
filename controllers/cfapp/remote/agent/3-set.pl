# --- A set of changes: received into the stage, then committed as a whole ----------------------------------------------

sub begin {
    my ($revision) = @_;
    remove_tree($stage);
    mkdir $stage, 0700 or $!{EEXIST} or die "$stage: $!\n";
    %set = (revision => $revision, operations => [], problem => undef, file => undef);
    $set{is_done} = $revision eq committed();
}

sub committed {
    my ($revision) = split /\0/, read_file("$state/marker") // '';
    return $revision // '';
}

# Everything until the commit is read and dropped once something has gone wrong.
sub staging {
    my ($work) = @_;
    return unless %set;
    return if defined $set{problem} || $set{is_done};
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
    sysopen my $in, $name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK or die "$path: $!\n";
    die "$path is not a file\n" unless -f $in;
    binmode $in;
    seek $in, $offset, SEEK_SET or die "$path: $!\n";
    while ($length > 0) {
        my $count = read $in, my $bytes, $length < $BLOCK ? $length : $BLOCK;
        die "$path: shorter than it was\n" unless $count;
        $length -= $count;
        store($bytes);
    }
}

# Whether all of a set is here, and as it should be.
sub verify {
    my ($revision) = @_;
    return answer('v', $revision, 'no such set was begun') unless %set && $set{revision} eq $revision;
    $set{problem} //= "$set{file}{path}: incomplete" if $set{file};
    answer('v', $revision, $set{problem} // '');
}

# The manifest is what the root has of the other side afterwards: all paths, or how many are new, these, and what is gone.
sub commit {
    my ($revision, $tree_hash, $new, $paths, %restart) = @_;
    my $started = time;
    my $is_begun = %set && $set{revision} eq $revision;
    if ($is_begun ? $set{is_done} : $revision eq committed()) {
        %set = ();
        return again($revision, %restart);
    }
    return answer('a', $revision, 'refused', 'no such set was begun') unless $is_begun;
    my $problem = $set{problem};
    $problem //= "$set{file}{path}: incomplete" if $set{file};
    my @operations = @{ $set{operations} };
    %set = ();
    unless (defined $problem) {
        my $done = eval { apply($revision, $tree_hash, manifest($new, $paths), \@operations, \%restart); 1 };
        chomp($problem = $@ || 'failed') unless $done;
    }
    remove_tree($stage);
    return answer('a', $revision, 'failed', $problem) if defined $problem;
    answer('p', $revision, 'applied', sprintf '%.1f', (time - $started) * 1000);
    return again($revision, %restart) if ($restart{mode} // 'None') ne 'None' && !take_restart();
    restart($revision, %restart);
}

# Who has no agent adds to a log: sign, path, and three fields that are of no interest here.
sub read_manifest {
    %tracked = map { $_ => 1 } split /\0/, read_file("$state/manifest") // '';
    my @log = split /\0/, read_file("$state/manifest.log") // '', -1;
    while (@log >= 5) {
        my ($sign, $path) = splice @log, 0, 5;
        if ($sign eq '+') { $tracked{$path} = 1 }
        else { delete $tracked{$path} }
    }
}

# Undefined if it is what it was.
sub manifest {
    my ($new, $paths) = @_;
    my @paths = split /\0/, $paths;
    return $paths unless length $new;
    return undef unless @paths;
    my %now = %tracked;
    $now{$_} = 1 for splice @paths, 0, $new;
    delete @now{@paths};
    return join "\0", keys %now;
}

sub apply {
    my ($revision, $tree_hash, $manifest, $operations, $restart) = @_;
    my $lock = locked();
    die "another set was committed meanwhile\n" if committed() ne $base;
    # Whoever finishes the set also restarts the app.
    write_file("$state/restart", join "\0", $revision, %$restart) if ($restart->{mode} // 'None') ne 'None';
    # What the journal names is whole and verified. From here on the set is finished, here or by the next agent.
    my @fields = map { join("\0", scalar @$_, @$_) } @$operations;
    my $length = defined $manifest ? length $manifest : -1;
    write_file("$state/journal", join "\0", $stage, $revision, $tree_hash, $length, $manifest // '', @fields);
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
        unlink "$state/journal", "$state/restart";
        die $problem;
    }
    chdir '/';
    if (defined $manifest) {
        write_file("$state/manifest", $manifest);
        unlink "$state/manifest.log";
        %tracked = map { $_ => 1 } split /\0/, $manifest;
    }
    write_file("$state/marker", join "\0", $revision, $tree_hash, $ENV{CF_INSTANCE_GUID} // '');
    $base = $revision;
    unlink "$state/journal";
}

my $is_redone;    # after a crash: what is found may be what was made by it

# Does one operation, unless it is done already. Returns what undoes it.
sub perform {
    my ($i, $type, $path, @rest) = @_;
    my $kept = "$stage/kept-$i";
    my $back = sub {
        my $at = enter($path);
        # What comes back to the stage is known not to be done, should this be cut short too.
        if ($type eq 'put') { rename $at, "$stage/$i" unless -d $at && !-l $at }
        if (-e $kept || -l $kept) { rename $kept, $at } elsif ($type ne 'put') { unlink $at }
    };
    my $make = sub { mkdir enter($path), 0755 };
    my $name = eval { enter($path) };
    if (!defined $name) {
        # Before a crash it was taken away, and then the directory that it was in.
        return $type eq 'rmdir' ? $make : $back if $is_redone && $!{ENOENT} && $type =~ /^(rmdir|unlink)$/;
        die $@;
    }
    my $keep = sub { -l $name ? symlink(readlink($name), $kept) : link($name, $kept) };
    if ($type eq 'mkdir') {
        my $made = mkdir $name, 0755;
        die "$path: $!\n" unless $made || (-d $name && !-l $name);
        return $made || $is_redone ? sub { rmdir enter($path) } : ();
    }
    if ($type eq 'rmdir') {
        my $gone = rmdir($name) || $is_redone && $!{ENOENT};
        die "$path: $!\n" unless $gone || $!{ENOENT} || $!{ENOTEMPTY} || $!{EEXIST};
        return $gone ? $make : ();
    }
    if ($type eq 'chmod') {
        my @stat = lstat $name or die "$path: $!\n";
        die "$path is not a file\n" unless S_ISREG($stat[2]);
        chmod oct $rest[0], $name or die "$path: $!\n";
        return sub { chmod $stat[2] & 07777, enter($path) };
    }
    if ($type eq 'put') {
        return $back unless -e "$stage/$i";    # done before a crash
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
    my $mine = $stage;
    ($stage, my ($revision, $tree_hash, $length, $rest)) = split /\0/, $journal, 5;
    my $manifest = $length < 0 ? undef : substr $rest, 0, $length;
    my $used = $length < 0 ? 0 : $length;
    my @fields = length $rest > $used ? split /\0/, substr($rest, $used + 1), -1 : ();
    my @operations;
    while (@fields) { push @operations, [splice @fields, 0, shift @fields] }
    $is_redone = 1;
    eval { finish($revision, $tree_hash, $manifest, \@operations); 1 } or print STDERR "recovery: $@";
    $is_redone = 0;
    $stage = $mine;
}

# What agents have left that are not there any more.
sub clean_up {
    opendir my $handle, $state or return;
    for my $name (readdir $handle) {
        my ($pid) = $name =~ /^stage\.(\d+)$/;
        remove_tree("$state/$name") if $name eq 'stage' || $pid && ($pid == $$ || !kill 0, $pid);
    }
}


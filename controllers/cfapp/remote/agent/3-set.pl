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

# What was there before each operation is written down before anything is done: after a crash all but the last of these
# are done, and all of them can be undone.
sub finish {
    my ($revision, $tree_hash, $manifest, $operations) = @_;
    my $given_up = read_file("$stage/given-up");
    my @before = ($given_up // read_file("$stage/begun") // '') =~ /^(.+)\n/mg;
    my $done = eval {
        die "undoing it was cut short\n" if defined $given_up;
        open my $begun, '>>', "$stage/begun" or die "$stage: $!\n";
        for my $i ((@before ? $#before : 0) .. $#$operations) {
            my $begin = sub {
                return $before[$i] if $i < @before;
                syswrite $begun, "$_[0]\n" or die "$stage: $!\n";
                return $before[$i] = $_[0];
            };
            perform($i, $begin, @{ $operations->[$i] });
        }
        1;
    };
    unless ($done) {
        my $problem = $@;
        # From here on it is undone, also if that is cut short.
        rename "$stage/begun", "$stage/given-up" unless defined $given_up;
        for my $i (reverse 0 .. $#before) { eval { undo($i, $before[$i], @{ $operations->[$i] }) } }
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

# Does one operation; also one that a crash has cut short, whether it was done then or not. What begins is told the mode
# of what is there, or -, and tells what was there when it began first.
sub perform {
    my ($i, $begin, $type, $path, @rest) = @_;
    my $name = enter($path);
    my @there = lstat $name;
    my $mode = @there ? $there[2] : 0;
    my $before = $begin->(@there ? sprintf '%o', $mode : '-');
    if ($type eq 'mkdir') {
        mkdir $name, 0755 or die "$path: $!\n" unless S_ISDIR($mode);
    } elsif ($type eq 'rmdir') {
        # Files that no sync has put there stay, and the directory with them.
        rmdir $name or $!{ENOTEMPTY} or $!{EEXIST} or die "$path: $!\n" if S_ISDIR($mode);
    } elsif ($type eq 'chmod') {
        die "$path is not a file\n" unless S_ISREG($mode);
        chmod oct $rest[0], $name or die "$path: $!\n";
    } elsif ($type =~ /^(put|link|unlink)$/) {
        return if $type eq 'put' && !-e "$stage/$i";    # done before a crash
        die "$path is a directory\n" if S_ISDIR($mode);
        keep($i, $path, $name) if @there && $before ne '-';
        replace($i, $type, $name, @rest) or die "$path: $!\n";
    } else {
        die "unknown operation $type\n";
    }
}

# Another name for what is there, so that it can be brought back. What a commit that was cut short has kept is older.
sub keep {
    my ($i, $path, $name) = @_;
    my $kept = "$stage/kept-$i";
    return if -e $kept || -l $kept;
    return symlink(readlink($name), $kept) || die "$path: $!\n" if -l $name;
    return if link $name, $kept;
    # Some file systems have no second names, and files of others may not get one.
    require File::Copy;
    File::Copy::copy($name, "$kept.new") && rename("$kept.new", $kept) or die "$path: $!\n";
}

sub replace {
    my ($i, $type, $name, @rest) = @_;
    return rename "$stage/$i", $name if $type eq 'put';
    return unlink($name) || $!{ENOENT} if $type eq 'unlink';
    unlink "$stage/link-$i";
    return symlink($rest[0], "$stage/link-$i") && rename "$stage/link-$i", $name;
}

# Makes it as it was before an operation that was begun; also again.
sub undo {
    my ($i, $before, $type, $path) = @_;
    my ($at, $was_there, $mode, $kept) = (enter($path), $before ne '-', oct $before, "$stage/kept-$i");
    if ($type eq 'mkdir') { rmdir $at unless $was_there }
    elsif ($type eq 'rmdir') { mkdir $at, $mode & 07777 if $was_there && S_ISDIR($mode) }
    elsif ($type eq 'chmod') { chmod $mode & 07777, $at if $was_there }
    elsif (-e $kept || -l $kept) { rename $kept, $at }
    elsif ($type ne 'unlink') { unlink $at unless $was_there }
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
    eval { finish($revision, $tree_hash, $manifest, \@operations); 1 } or print STDERR "recovery: $@";
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

